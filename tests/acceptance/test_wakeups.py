"""A wake-up is a hint and not the truth: lost, doubled, wrong or in thousands, it harms nothing."""

import time
import uuid
from contextlib import contextmanager

import pytest
import redis
from celery import Celery
from support.processes.stack import Stack, until

TASK = "workers.generate"


@contextmanager
def opened_broker(stack):
    app = Celery(broker=stack.redis.url.replace("unix://", "redis+socket://").split("?")[0])
    yield app
    app.close()


@pytest.fixture
def broker(healthy):
    with opened_broker(healthy) as app:
        yield app


def wake(broker, *args, **kwargs):
    broker.send_task(TASK, args=args, kwargs=kwargs, queue="replies")


def lines(stack, event):
    return sum(
        f"event={event}" in line
        for worker in stack.workers
        for line in worker.log.read_text().splitlines()
    )


async def test_a_wake_up_that_nobody_can_read_is_one_line_in_the_log(person, healthy, broker):
    before = lines(healthy, "wakeup.unreadable")

    wake(broker)
    wake(broker, "no id")
    wake(broker, None, attempt=3)
    wake(broker, {"reply": "of an older release"})

    until(lambda: lines(healthy, "wakeup.unreadable") == before + 4, seconds=10, what="four lines")
    async with person.recorder() as socket:
        reply = await person.ask(await person.begin(), "hi")
        assert (await socket.until_ended(reply["id"]))["status"] == "completed"


async def test_an_id_that_does_not_exist_is_nothing_to_do(person, healthy, broker):
    wake(broker, str(uuid.uuid4()))

    async with person.recorder() as socket:
        reply = await person.ask(await person.begin(), "hi")
        assert (await socket.until_ended(reply["id"]))["attempt"] == 1


async def test_two_workers_told_the_same_id_run_it_once(person, healthy, broker):
    async with person.recorder() as socket:
        reply = await person.ask(await person.begin(), "told to everybody")
        for _ in range(20):
            wake(broker, reply["id"])
        ended = await socket.until_ended(reply["id"])

    assert ended["attempt"] == 1
    assert len(healthy.model_requests("told to everybody")) == 1


async def test_a_lost_wake_up_is_found_in_the_table(person, healthy):
    client = redis.Redis.from_url(healthy.redis.url)
    for worker in healthy.workers:
        worker.kill()
    reply = await person.ask(await person.begin(), "nobody is told")
    client.flushall()
    for worker in healthy.workers:
        worker.start()

    async with person.recorder() as socket:
        ended = await socket.until_ended(reply["id"])
    assert ended["status"] == "completed"


def test_thousands_that_wait_are_not_woken_again_and_again():
    """Two workers with room for few, 5,000 in the queue: the table is looked into, not the broker.

    Each claim is one statement; nobody sends wake-ups, nobody claims what it cannot run, and
    nobody fetches a wake-up that it has no room for.
    """
    with Stack(workers=2, WORKER_CONCURRENCY="5", MODEL_STALL_SECONDS="60") as stack:
        stack.model(first_token_ms=60_000)
        stack.rows(_FIVE_THOUSAND)
        until(lambda: stack.model_stats()["running"] == 10, seconds=15, what="10 running")
        client = redis.Redis.from_url(stack.redis.url)
        client.config_resetstat()
        with opened_broker(stack) as broker:
            for _ in range(10):
                wake(broker, str(uuid.uuid4()))
        began = time.monotonic()
        until(lambda: time.monotonic() - began > 3, seconds=5, what="three seconds of watching")

        pushed = client.info("commandstats").get("cmdstat_lpush", {"calls": 0})["calls"]
        [[running, attempts]] = stack.rows(
            "SELECT count(*) FILTER (WHERE status = 'in_progress'), sum(attempt) FROM chat_reply"
        )

        assert pushed == 10
        assert (running, attempts) == (10, 10)
        # Each worker had asked for one while it had room.
        assert client.llen("replies") >= 8


# One member with 5,000 conversations, each with a queued reply whose wake-up is overdue.
_FIVE_THOUSAND = """
WITH member AS (
    INSERT INTO accounts_member (id, email, nickname, password, is_superuser, is_active, is_staff,
                                 created_at)
    VALUES (gen_random_uuid(), 'many@example.com', 'Many', '!', false, true, false, now())
    RETURNING id
), numbers AS (
    SELECT gen_random_uuid() AS conversation, gen_random_uuid() AS config,
           gen_random_uuid() AS prompt, gen_random_uuid() AS reply
    FROM generate_series(1, 5000)
), frozen AS MATERIALIZED (SELECT * FROM numbers
), conversations AS (
    INSERT INTO chat_conversation (id, member_id, title, title_chosen, config_id, pinned, archived,
                                   active_at, created_at, updated_at)
    SELECT conversation, member.id, '', false, config, false, false, now(), now(), now()
    FROM frozen, member
), configs AS (
    INSERT INTO chat_chatconfig (id, conversation_id, model, stream, created_at)
    SELECT config, conversation, 'malgil-demo', true, now() FROM frozen
), prompts AS (
    INSERT INTO chat_prompt (id, conversation_id, kind, prompt, answer, position, created_at)
    SELECT prompt, conversation, 'message', '', 'one of many', 0, now() FROM frozen
)
INSERT INTO chat_reply (id, member_id, conversation_id, config_id, prompt_id, status, revision,
                        attempt, failures, rescues, wake_at, last_seq, extra, error_retryable,
                        refunded, created_at)
SELECT reply, member.id, conversation, config, prompt, 'queued', 1, 0, 0, 0, now(), 0, '{}', false,
       false, now()
FROM frozen, member
RETURNING id
"""
