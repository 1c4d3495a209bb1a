"""Cancel at every moment: the call returns the terminal reply, and it stays what it was."""

import asyncio
import random
import signal
import time

import pytest


async def cancel(person, reply):
    answer = await person.http.post(f"/replies/{reply['id']}/cancel")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def asked(person, message, **config):
    return await person.ask(await person.begin(config=config), message)


async def test_a_waiting_reply_is_cancelled_and_given_back(person, healthy):
    for worker in healthy.workers:
        worker.send(signal.SIGSTOP)
    try:
        reply = await asked(person, "cancelled while it waits")
        used = (await person.quota())["used"]

        ended = await cancel(person, reply)
    finally:
        for worker in healthy.workers:
            worker.send(signal.SIGCONT)

    assert ended["status"] == "cancelled"
    assert ended["error"]["code"] == "cancelled"
    assert ended["error"]["refunded"] is True
    assert ended["choices"] == []
    assert (await person.quota())["used"] == used - 1


async def test_before_the_first_token_the_request_is_given_back(person, healthy):
    healthy.model(first_token_ms=2000)
    async with person.recorder() as socket:
        reply = await asked(person, "cancelled before it speaks")
        await socket.until(lambda s: s.of("reply.updated", reply["id"])[1:], what="in progress")

        began = time.monotonic()
        ended = await cancel(person, reply)

        assert time.monotonic() - began < 1
        assert ended["status"] == "cancelled"
        assert ended["choices"] == []
        assert ended["error"]["refunded"] is True
        assert await socket.until_ended(reply["id"]) == ended
    [call] = healthy.model_requests("cancelled before it speaks")
    assert call["outcome"] == "disconnected"


async def test_mid_stream_the_text_so_far_is_kept_and_the_model_let_go(person, healthy):
    healthy.model(tokens=400)
    async with person.recorder() as socket:
        reply = await asked(person, "cancelled while it speaks")
        await socket.until(lambda s: len(s.of("reply.delta", reply["id"])) > 10, what="deltas")

        ended = await cancel(person, reply)

        assert ended["status"] == "cancelled"
        assert ended["error"]["refunded"] is False
        [choice] = ended["choices"]
        assert choice["finish_reason"] == "cancelled"
        await socket.until_ended(reply["id"])
        assert socket.texts[reply["id"]][0] == choice["content"]
        assert socket.complaints == []
    [call] = healthy.model_requests("cancelled while it speaks")
    assert call["outcome"] == "disconnected"


async def test_an_ended_reply_is_returned_unchanged(person, healthy):
    async with person.recorder() as socket:
        reply = await asked(person, "hi")
        ended = await socket.until_ended(reply["id"])

    assert await cancel(person, reply) == ended


async def test_a_race_with_the_last_chunk_has_one_winner(person, healthy):
    """Whoever wins, there is one end, and everybody saw what is stored."""
    healthy.model(tokens=10, tokens_per_second=100, first_token_ms=20)
    dice = random.Random(7)
    async with person.recorder() as socket:
        replies = await asyncio.gather(*(asked(person, f"race {n}") for n in range(25)))
        await asyncio.sleep(0.1)  # about when the answers end; the race is spread around it
        cancelled = await asyncio.gather(
            *(_cancel_after(person, reply, dice.uniform(0, 0.15)) for reply in replies)
        )
        ended = [await socket.until_ended(reply["id"]) for reply in replies]

        assert cancelled == ended
        assert socket.complaints == []
        assert {reply["status"] for reply in ended} <= {"completed", "cancelled"}


async def _cancel_after(person, reply, seconds):
    await asyncio.sleep(seconds)
    return await cancel(person, reply)


@pytest.mark.parametrize("words", [0, 12])
async def test_a_silent_worker_is_fenced_off(person, healthy, words):
    """The worker stands still for less than its lease: the cancel cannot wait for a rescue."""
    healthy.model(tokens=400, first_token_ms=50 if words else 1500)
    async with person.recorder() as socket:
        reply = await asked(person, f"fenced off after {words}")
        await socket.until(
            lambda s: (
                len(s.of("reply.delta", reply["id"])) >= words
                and len(s.of("reply.updated", reply["id"])) > 1
            ),
            what="the moment",
        )
        for worker in healthy.workers:
            worker.send(signal.SIGSTOP)
        try:
            began = time.monotonic()
            ended = await cancel(person, reply)
            took = time.monotonic() - began
        finally:
            for worker in healthy.workers:
                worker.send(signal.SIGCONT)
        await socket.until_ended(reply["id"])
        healthy.wait_until_ready()

        assert took < 4
        assert ended["status"] == "cancelled"
        assert bool(ended["choices"]) is bool(words)
        assert socket.complaints == []
    assert await person.reply(reply["id"]) == ended
