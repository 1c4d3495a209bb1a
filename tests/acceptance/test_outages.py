"""Redis, PostgreSQL or the model away for a while."""

import asyncio
import contextlib
import os
import signal
import time

import pytest
from support.processes.crowd import Crowd
from support.processes.stack import Stack

# The issue asks for a minute; the run of every day is shorter, at the same code paths.
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "4"))


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=3) as running:
        yield running


async def timed(person, conversation, message):
    began = time.monotonic()
    reply = await person.ask(conversation, message)
    return reply, time.monotonic() - began


@pytest.mark.parametrize("how", ["dead", "stuck"])
async def test_without_redis_requests_are_accepted_answered_and_shown(person, healthy, how):
    healthy.model(tokens=20)
    async with person.recorder() as socket:
        conversations = [await person.begin() for _ in range(8)]
        _take_away(healthy, how)
        try:
            accepted = [
                await timed(person, conversation, f"without redis {how} {number}")
                for number, conversation in enumerate(conversations)
            ]
            began = time.monotonic()
            for reply, _ in accepted:
                await _until_stored(person, reply)
            left = OUTAGE_SECONDS - (time.monotonic() - began)
            await asyncio.sleep(max(0.0, left))  # the outage itself, not a wait for luck
        finally:
            _bring_back(healthy, how)
        for reply, _ in accepted:
            await socket.until_ended(reply["id"], seconds=10)
        healthy.wait_until_ready()

        assert max(took for _, took in accepted) < 3
        assert socket.complaints == []
        assert {socket.ended[reply["id"]]["status"] for reply, _ in accepted} == {"completed"}
        assert len(accepted) == (await person.quota())["used"]


async def test_events_flow_again_after_redis_came_back(person, healthy):
    async with person.recorder() as socket:
        healthy.redis.kill()
        healthy.redis.start()
        healthy.wait_until_ready()
        reply = await person.ask(await person.begin(), "hi")
        await socket.until_ended(reply["id"])
        again = await person.ask(await person.begin(), "hi again")
        await socket.until_ended(again["id"])

        assert socket.of("reply.delta", again["id"])
        assert socket.complaints == []


async def test_while_the_database_is_away_nothing_is_lost_and_nobody_is_rescued(healthy):
    """Replies in flight are answered, by the workers that had them: nobody was dead."""
    healthy.model(tokens=60, tokens_per_second=40)
    lease = float(healthy.env["WORKER_LEASE_SECONDS"])
    async with Crowd(healthy, size=12) as crowd:
        await crowd.ask("the database goes away")
        await crowd.until_words(5)
        healthy.postgres.stop()
        try:
            await asyncio.sleep(max(OUTAGE_SECONDS, 3 * lease))  # the outage itself
            refused = await _post_meanwhile(crowd)
        finally:
            healthy.postgres.start()
        await crowd.until_ended()

        await crowd.check()
        ids = [reply["id"] for reply in crowd.replies]
        assert healthy.rows(
            "SELECT sum(rescues), max(attempt) FROM chat_reply WHERE id = ANY(%s)", ids
        ) == [(0, 1)]
        assert refused.status_code == 503
        assert refused.json()["code"] == "database_unavailable"


async def test_while_the_database_stands_still_nobody_is_rescued(healthy):
    """Every heartbeat is old when it goes on, and the first to beat must not judge by that."""
    healthy.model(tokens=60, tokens_per_second=40)
    async with Crowd(healthy, size=6) as crowd:
        await crowd.ask("the database stands still")
        await crowd.until_words(5)
        _signal_postgres(healthy, signal.SIGSTOP)
        try:
            await asyncio.sleep(3 * float(healthy.env["WORKER_LEASE_SECONDS"]))
        finally:
            _signal_postgres(healthy, signal.SIGCONT)
        await crowd.until_ended()

        await crowd.check()
        ids = [reply["id"] for reply in crowd.replies]
        rescued = healthy.rows("SELECT sum(rescues) FROM chat_reply WHERE id = ANY(%s)", ids)
        assert rescued == [(0,)]


async def test_while_the_model_is_down_replies_wait_or_fail_with_a_clear_code(person, healthy):
    healthy.demo.kill()
    # Its listening socket is ours: connections are accepted by the kernel and answered later.
    async with person.recorder() as socket:
        reply = await person.ask(await person.begin(), "while the model is down")
        await socket.until(lambda s: s.of("reply.updated", reply["id"])[1:], what="an attempt")
        healthy.demo.start()
        ended = await socket.until_ended(reply["id"], seconds=30)

        assert ended["status"] == "completed" or ended["error"]["code"].startswith("model_")
        assert socket.complaints == []
    healthy.wait_until_ready()


async def test_a_model_that_only_fails_ends_in_its_code_and_the_request_is_given_back(
    person, healthy
):
    healthy.model(fault="status", fault_status=503)
    async with person.recorder() as socket:
        reply = await person.ask(await person.begin(), "always failing")
        ended = await socket.until_ended(reply["id"])

        assert ended["status"] == "failed"
        assert ended["attempt"] == 4
        assert ended["error"] == {
            "code": "model_error",
            "detail": "The model reported an error.",
            "retryable": True,
            "refunded": True,
        }
        assert (await person.quota())["used"] == 0
        waiting = [f["reply"]["retry_at"] for f in socket.of("reply.updated", reply["id"])]
        assert sum(moment is not None for moment in waiting) == 3


async def _post_meanwhile(crowd):
    person = crowd.people[0]
    return await person.http.post("/conversations", json={"intake": False})


async def _until_stored(person, reply):
    async with asyncio.timeout(30):
        while True:
            if (await person.reply(reply["id"]))["status"] == "completed":
                return
            await asyncio.sleep(0.2)


def _take_away(stack, how):
    if how == "dead":
        stack.redis.kill()
    else:
        os.kill(stack.redis.pid, signal.SIGSTOP)


def _bring_back(stack, how):
    if how == "dead":
        stack.redis.start()
    else:
        os.kill(stack.redis.pid, signal.SIGCONT)


def _signal_postgres(stack, number):
    """To the server and all its backends, each of which is a process of its own."""
    for pid in _family(stack.postgres.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _family(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = [int(child) for child in file.read().split()]
    return [pid, *(relative for child in children for relative in _family(child))]
