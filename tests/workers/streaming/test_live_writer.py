"""What sockets hear of a writer: every delta, every event, and the end last, in their order."""

import asyncio
import json
import time

from support.eventually import comes_true
from support.workers.live_events import WORDS, heard, is_end, running_reply, the_end

from chat.events.event import Event
from workers.streaming.live_text import LiveText
from workers.streaming.live_writer import LiveWriter


def text_of(deltas):
    return "".join(json.loads(event.frame)["text"] for event in deltas)


async def test_the_end_comes_after_every_delta_and_numbers_have_no_hole(writer, listener):
    reply = running_reply()
    text = LiveText(reply)
    writer.begin(text)

    for number in range(40):
        text.add(0, WORDS[number % len(WORDS)])
        writer.wrote(text)
        if number % 3 == 0:
            await asyncio.sleep(0.002)
    writer.number_pending(text)
    writer.end(text, [the_end(reply)])
    told = await heard(listener, is_end)

    *deltas, _ = told
    assert [event.seq for event in deltas] == list(range(1, len(deltas) + 1))
    assert len(deltas) == text.seq < 40
    assert text_of(deltas) == text.texts()[0]


async def test_the_first_word_leaves_at_once(writer, listener):
    text = LiveText(running_reply())
    writer.begin(text)
    began = time.monotonic()

    text.add(0, "Hello")
    writer.wrote(text)
    await heard(listener, lambda event: True)

    assert time.monotonic() - began < 0.5


async def test_equal_events_are_all_told_in_their_order(writer, listener):
    """A quota that falls and rises again within a moment must not end up fallen."""
    reply = running_reply()
    up, down = (
        Event(member=str(reply.member_id), kind="quota.updated", frame=frame)
        for frame in ("4", "3")
    )

    writer.tell([up, down, up, the_end(reply)])

    assert [event.frame for event in await heard(listener, is_end)] == ["4", "3", "4", "{}"]


async def test_a_broken_event_harms_no_other(writer, listener):
    reply = running_reply()
    broken = Event(member=str(reply.member_id), kind="x", frame=object())

    writer.tell([broken])
    await comes_true(lambda: not writer._waiting)
    writer.tell([the_end(reply)])

    assert await heard(listener, is_end)


async def test_what_waits_at_the_close_is_sent_in_its_order(own_redis, listener):
    writer = LiveWriter()
    reply = running_reply()
    writer.tell([the_end(reply, revision=1)])
    await asyncio.sleep(0)
    writer.tell([the_end(reply, revision=2)])

    await writer.close()

    told = await heard(listener, lambda event: event.revision == 2)
    assert [event.revision for event in told] == [1, 2]
