"""The text in Redis: at every moment that of its number, whatever Redis loses."""

import asyncio
import json
import os
import signal
import time

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from support.eventually import SECONDS, comes_true
from support.workers.live_events import WORDS, eventually, heard, is_end, running_reply, the_end

from chat.events import snapshot_format, snapshot_reader
from workers.streaming.live_batch import SCRIPT, LiveBatch
from workers.streaming.live_text import LiveText


async def snapshot(client, reply, choices=1):
    values = await client.mget(snapshot_format.keys(reply.id, 1, choices))
    return snapshot_format.read(1, values)


async def test_a_snapshot_is_at_every_moment_the_text_of_its_number(writer, listener, own_redis):
    reply = running_reply(n=2)
    text = LiveText(reply)
    writer.begin(text)
    seen, ended = [], asyncio.Event()

    async def look():
        async with Redis.from_url(own_redis.url) as client:
            while not ended.is_set():
                if (found := await snapshot(client, reply, 2)) is not None:
                    seen.append(found)
                await asyncio.sleep(0)

    looking = asyncio.ensure_future(look())
    for number in range(120):
        text.add(number % 2, WORDS[number % len(WORDS)])
        writer.wrote(text)
        await asyncio.sleep(0.001)
    writer.number_pending(text)
    writer.tell([the_end(reply)])
    told = await heard(listener, is_end)
    ended.set()
    await looking

    so_far = {0: {}}
    for event in told[:-1]:
        delta = json.loads(event.frame)
        texts = dict(so_far[event.seq - 1])
        texts[delta["choice"]] = texts.get(delta["choice"], "") + delta["text"]
        so_far[event.seq] = texts
    assert len({found.seq for found in seen}) > 10
    assert all(found.texts == so_far[found.seq] for found in seen)


async def write(writer, text, word):
    text.add(0, word)
    writer.wrote(text)


async def snapshot_becomes(own_redis, text):
    """Waits until Redis holds the whole text again; whatever it holds until then is a prefix."""
    async with Redis.from_url(own_redis.url) as client, eventually():
        while True:
            whole = text.texts().get(0, "")
            found = await snapshot(client, text.reply)
            if found is not None:
                assert whole.startswith(found.texts.get(0, ""))
                if found.texts.get(0) == whole:
                    return
            await asyncio.sleep(0.005)


async def test_a_redis_that_was_flushed_is_written_anew_and_never_wrong(writer, own_redis):
    text = LiveText(running_reply())
    writer.begin(text)
    await write(writer, text, "Hello 안녕")
    await snapshot_becomes(own_redis, text)
    async with Redis.from_url(own_redis.url) as client:
        await client.flushall()

        await write(writer, text, " and")

        await snapshot_becomes(own_redis, text)


async def test_redis_may_go_away_and_come_back(writer, own_redis):
    reply = running_reply()
    text = LiveText(reply)
    writer.begin(text)
    await write(writer, text, "before ")
    await snapshot_becomes(own_redis, text)
    own_redis.kill()
    began = time.monotonic()
    for _ in range(20):
        await write(writer, text, "while ")
        writer.tell([the_end(reply)])
        await asyncio.sleep(0.05)
    assert time.monotonic() - began < 2, "the loop was held up"
    assert len(writer._waiting) < 60, "events pile up"

    own_redis.start()
    await write(writer, text, "after")

    await snapshot_becomes(own_redis, text)
    async with Redis.from_url(own_redis.url) as client, client.pubsub() as pubsub:
        await pubsub.psubscribe("asgi__group__*")
        await pubsub.get_message(timeout=SECONDS)
        await write(writer, text, " again")
        writer.tell([the_end(reply)])
        told = await heard(pubsub, is_end)
    assert [event.seq for event in told[:-1]] == [text.seq]


async def test_what_is_dropped_while_it_is_sent_is_not_sent_again(writer, own_redis):
    text = LiveText(running_reply())
    writer.begin(text)
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        await write(writer, text, "Hello")
        await comes_true(writer._flushing.locked)
        writer.drop(text)
        await comes_true(lambda: not writer._flushing.locked())
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)

    assert writer._waiting == []


async def test_nothing_is_written_of_an_attempt_that_was_dropped(writer, own_redis):
    text = LiveText(running_reply())
    writer.begin(text)
    own_redis.kill()
    await write(writer, text, "Hello")
    await comes_true(lambda: text._rewrite)  # a flush has taken it, and failed
    writer.drop(text)
    own_redis.start()

    await write_something_else(writer, own_redis)

    async with Redis.from_url(own_redis.url) as client:
        assert await snapshot(client, text.reply) is None


async def write_something_else(writer, own_redis):
    other = LiveText(running_reply())
    writer.begin(other)
    await write(writer, other, "Other")
    await snapshot_becomes(own_redis, other)


async def test_the_end_removes_the_snapshot(writer, own_redis, listener):
    text = LiveText(running_reply())
    writer.begin(text)
    await write(writer, text, "Hello")
    await snapshot_becomes(own_redis, text)

    writer.number_pending(text)
    writer.end(text, [the_end(text.reply)])
    await heard(listener, is_end)

    async with Redis.from_url(own_redis.url) as client:
        assert await client.keys("malgil:text:*") == []


async def test_more_choices_than_asked_for_can_be_read_too(writer, own_redis, settings):
    reply = running_reply(n=1)
    text = LiveText(reply)
    writer.begin(text)
    text.add(0, "one")
    text.add(2, "three")
    writer.wrote(text)

    found = await comes_true(lambda: snapshot_reader.read(reply))

    assert found.texts == {0: "one", 2: "three"}


class Store:
    """A Redis, written by the script; `lose` is a FLUSHALL."""

    def __init__(self, client):
        self.client = client
        self.lose()

    def lose(self):
        self.client.flushall()

    def write(self, text):
        text.number()
        batch = LiveBatch()
        places = text.write_to(batch)
        keys = batch.keys()
        if set(self.client.eval(SCRIPT, len(keys), *keys, *batch.args())) & set(places):
            text.mark_for_rewrite()

    def read(self, text):
        keys = snapshot_format.keys(text.reply.id, 1, len(text._parts))
        return snapshot_format.read(1, self.client.mget(keys))


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([*WORDS, ""]))
    | st.sampled_from(["write", "write", "lose", "read"]),
    max_size=40,
)


@given(steps=STEPS)
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_order_of_writing_and_losing_shows_a_wrong_text(redis, steps):
    text, store = LiveText(running_reply(n=2)), Store(redis)
    so_far = {0: {}}
    for step in [*steps, "write", "write", "read"]:
        match step:
            case "write":
                store.write(text)
                so_far.setdefault(text.seq, {k: v for k, v in text.texts().items() if v})
            case "lose":
                store.lose()
            case "read":
                if (found := store.read(text)) is not None:
                    assert found.texts == so_far[found.seq]
            case index, word:
                text.add(index, word)


async def test_a_text_that_nobody_ends_is_forgotten_by_redis(writer, own_redis):
    """As of a worker that was killed."""
    text = LiveText(running_reply())
    writer.begin(text)
    await write(writer, text, "Hello")
    await snapshot_becomes(own_redis, text)
    await write(writer, text, " again")
    await snapshot_becomes(own_redis, text)

    async with Redis.from_url(own_redis.url) as client:
        lives = [await client.ttl(key) for key in snapshot_format.keys(text.reply.id, 1, 1)]
    assert all(0 < left <= snapshot_format.KEPT_SECONDS for left in lives)


async def test_texts_of_several_replies_are_told_apart_when_one_is_lost(writer, own_redis):
    texts = [LiveText(running_reply()) for _ in range(3)]
    async with Redis.from_url(own_redis.url) as client:
        for text in texts:
            writer.begin(text)
            await write(writer, text, "Hello")
        for text in texts:
            await snapshot_becomes(own_redis, text)
        await client.delete(snapshot_format.text_key(texts[1].reply.id, 1, 0))

        for text in texts:
            await write(writer, text, " all")

        for text in texts:
            await snapshot_becomes(own_redis, text)
    assert [text.seq for text in texts] == [2, 2, 2]
