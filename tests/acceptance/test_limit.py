"""The daily limit through real processes: exact, whatever dies in between."""

import asyncio
import contextlib

import httpx2
import psycopg
import pytest
import redis
from support.processes.person import Person
from support.processes.stack import Stack, until


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=1, CHAT_DAILY_LIMIT="5") as running:
        yield running


async def ask_at_once(person, times):
    conversations = await asyncio.gather(*(person.begin() for _ in range(times)))
    answers = await asyncio.gather(*(person.post(c, "at once") for c in conversations))
    return [answer.status_code for answer in answers]


async def test_of_fifty_at_once_exactly_five_are_accepted(person, healthy):
    statuses = await ask_at_once(person, 50)

    assert sorted(statuses) == [202] * 5 + [429] * 45
    assert (await person.quota())["remaining"] == 0


async def test_a_redis_that_is_wiped_meanwhile_changes_nothing(person, healthy):
    client = redis.Redis.from_url(healthy.redis.url)

    async def wipe():
        for _ in range(40):
            client.flushall()
            await asyncio.sleep(0.02)

    wiping = asyncio.ensure_future(wipe())
    statuses = await ask_at_once(person, 50)
    await wiping

    assert sorted(statuses) == [202] * 5 + [429] * 45


async def test_without_redis_the_table_alone_is_as_exact(person, healthy):
    healthy.redis.kill()
    try:
        statuses = await ask_at_once(person, 30)
    finally:
        healthy.redis.start()
    healthy.wait_until_ready()

    assert sorted(statuses) == [202] * 5 + [429] * 25


async def test_a_web_process_killed_between_redis_and_the_commit_costs_nobody_a_request(
    person, healthy
):
    conversation = await person.begin()
    with psycopg.connect(healthy.postgres.url) as lock:
        # The slot is taken in Redis, and the insert of its row waits for this lock.
        lock.execute("LOCK TABLE chat_quotaslot IN EXCLUSIVE MODE")
        posting = asyncio.ensure_future(person.post(conversation, "killed on the way"))
        await asyncio.to_thread(
            until, lambda: _slots_in_redis(healthy, person) == 1, seconds=5, what="a slot in Redis"
        )
        healthy.web.kill()
        with contextlib.suppress(httpx2.HTTPError):
            await posting
    healthy.web.start()
    healthy.wait_until_ready()

    statuses = await ask_at_once(person, 10)

    assert sorted(statuses) == [202] * 5 + [429] * 5


async def test_the_same_key_at_once_is_one_reply_and_one_request(person, healthy):
    conversation = await person.begin()

    answers = await asyncio.gather(
        *(person.post(conversation, "the same", key="one key") for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert (await person.quota())["used"] == 1
    assert len(_prompts(healthy, conversation)) == 1


async def test_failing_replies_of_one_member_do_not_hold_up_others(healthy):
    """They wait in the table between their attempts, and not in a worker's place."""
    healthy.script(*[{"match": "mine fails", "fault": "status", "fault_status": 500}] * 20)
    async with Person(healthy.url) as unlucky, Person(healthy.url) as lucky:
        conversations = await asyncio.gather(*(unlucky.begin() for _ in range(5)))
        for conversation in conversations:
            await unlucky.ask(conversation, "mine fails")
        async with lucky.recorder() as socket:
            reply = await lucky.ask(await lucky.begin(), "hi")
            ended = await socket.until_ended(reply["id"], seconds=10)

    assert ended["status"] == "completed"


def _slots_in_redis(stack: Stack, person: Person) -> int:
    client = redis.Redis.from_url(stack.redis.url)
    keys = list(client.scan_iter(f"malgil:quota:{person.id}:*"))
    return client.scard(keys[0]) - 1 if keys else 0


def _prompts(stack, conversation):
    return stack.rows("SELECT id FROM chat_prompt WHERE conversation_id = %s", conversation)
