"""What goes between processes, also those of two releases during a rolling restart."""

from uuid import UUID, uuid4

import msgpack
import pytest
from support.chat.former_release import former, former_pack, former_read

from chat.events import messages
from chat.events.event import Event
from chat.events.messages import Unreadable

DELTA = Event(
    member=str(uuid4()),
    kind="reply.delta",
    frame='{"type":"reply.delta","text":"말"}',
    reply=str(uuid4()),
    attempt=2,
    seq=7,
    revision=3,
    terminal=True,
)
QUOTA = Event(member=str(uuid4()), kind="quota.updated", frame="{}")


def over_the_wire(message):
    return messages.from_wire(msgpack.unpackb(msgpack.packb(messages.to_wire(message))))


def wire(**changes):
    return messages.to_wire(messages.member_events([DELTA])) | changes


def with_field(**changes):
    return wire(events=[DELTA._asdict() | changes])


@pytest.mark.parametrize("events", [[], [DELTA, QUOTA]])
def test_events_arrive_as_they_were_sent(events):
    message = messages.member_events(events)

    assert over_the_wire(message) == message


def test_a_cancel_arrives_as_it_was_sent():
    message = messages.cancel_replies([uuid4(), uuid4()])

    assert over_the_wire(message) == message
    assert all(type(reply_id) is UUID for reply_id in over_the_wire(message)["replies"])


def test_a_field_that_a_later_release_adds_is_passed_over():
    assert messages.from_wire(with_field(added="later"))["events"] == [DELTA]


@pytest.mark.parametrize(
    "unreadable",
    [
        None,
        7,
        b"",
        [],
        {},
        wire(type="x"),
        wire(type=["member.events"]),
        wire(version=messages.VERSION + 1),
        wire(version="1"),
        wire(version=None),
        wire(events=None),
        wire(events=[None]),
        wire(events=[[]]),
        wire(events=[{}]),
        with_field(member=1),
        with_field(frame=b"{}"),
        with_field(seq="7"),
        with_field(seq=True),
        with_field(terminal=0),
        with_field(reply=None),
        {"type": "replies.cancel", "version": 1},
        {"type": "replies.cancel", "version": 1, "replies": "x"},
        {"type": "replies.cancel", "version": 1, "replies": [7]},
    ],
)
def test_anything_else_is_unreadable(unreadable):
    with pytest.raises(Unreadable):
        messages.from_wire(unreadable)


@pytest.mark.parametrize("missing", Event._fields)
def test_an_event_without_one_of_its_fields_is_unreadable(missing):
    fields = DELTA._asdict()
    del fields[missing]

    with pytest.raises(Unreadable):
        messages.from_wire(wire(events=[fields]))


def test_the_release_before_is_understood():
    message = messages.from_wire(msgpack.unpackb(former_pack([DELTA, QUOTA])))

    assert message == messages.member_events([DELTA, QUOTA])


def test_the_release_before_understands_this_one():
    data = msgpack.packb(messages.to_wire(messages.member_events([DELTA, QUOTA])))

    assert former_read(data) == [former(DELTA), former(QUOTA)]
