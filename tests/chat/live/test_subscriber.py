"""How one listener is sent what comes, beside others who may be slower."""

import asyncio
from uuid import uuid4

import pytest
from support.eventually import comes_true

from chat.events.event import Event
from chat.live import subscriber as subscribers
from chat.live.channel_layer import ChannelQueue
from chat.live.encoded_event import EncodedEvent, received
from chat.live.subscriber import Subscriber

REPLY = str(uuid4())


class Outlet:
    """Takes what comes, or holds it up as a slow client does."""

    def __init__(self):
        self.sent = []
        self.free = True
        self.closed = False
        self.opened = asyncio.Event()

    def is_ready(self, frame):
        return self.free

    def send_nowait(self, frame):
        self.sent.append(frame.text)

    async def send(self, frame):
        if not self.free:
            await self.opened.wait()
        self.send_nowait(frame)

    def close_slow(self):
        self.closed = True

    def on_reply_deleted(self):
        pass

    def hold_up(self):
        self.free = False

    def let_go(self):
        self.free = True
        self.opened.set()


def events(*seqs, kind="reply.delta"):
    return received(
        [
            EncodedEvent.of(
                Event(
                    member=str(uuid4()),
                    kind=kind,
                    frame=str(seq),
                    reply=REPLY,
                    attempt=1,
                    seq=seq,
                )
            )
            for seq in seqs
        ]
    )


class Receiver:
    """A subscriber with its channel, read as Channels and the follower read theirs."""

    def __init__(self, outlet):
        self.subscriber = Subscriber(outlet)
        self.channel = ChannelQueue(lambda: None)
        self.channel.on_message = self.subscriber.on_events
        self.receiving = asyncio.ensure_future(self._receive())

    def get(self, *seqs):
        self.channel.put_nowait(events(*seqs))

    def is_done(self):
        return self.channel.empty() and not self.subscriber.lock.locked()

    async def _receive(self):
        while True:
            message = await self.channel.get()
            async with self.subscriber.lock:
                await self.subscriber.send_waiting(message)


@pytest.fixture
async def receiver_of():
    receivers = []

    def make(outlet):
        receivers.append(Receiver(outlet))
        return receivers[-1]

    yield make
    for receiver in receivers:
        receiver.receiving.cancel()


@pytest.fixture
def outlet():
    return Outlet()


async def test_what_comes_is_sent_at_once_and_nothing_waits(outlet):
    assert Subscriber(outlet).on_events(events(1, 2)) is None

    assert outlet.sent == ["1", "2"]


async def test_a_slow_one_holds_up_no_other_and_is_sent_all_in_order(outlet, receiver_of):
    slow, quick = outlet, Outlet()
    receivers = [receiver_of(slow), receiver_of(quick)]
    slow.hold_up()

    for seq in range(1, 6):
        for receiver in receivers:
            receiver.get(seq)
        await asyncio.sleep(0)

    assert quick.sent == list("12345")
    assert slow.sent == []
    slow.let_go()
    receivers[0].get(6)
    await comes_true(lambda: slow.sent == list("123456"))


async def test_one_that_becomes_slow_within_a_message_is_sent_the_rest_later(outlet, receiver_of):
    receiver = receiver_of(outlet)
    send_nowait = outlet.send_nowait

    def send_and_be_full(frame):
        send_nowait(frame)
        outlet.free = outlet.opened.is_set()

    outlet.send_nowait = send_and_be_full
    receiver.get(1, 2, 3)
    assert outlet.sent == ["1"]

    outlet.let_go()
    await comes_true(lambda: outlet.sent == list("123"))


async def test_what_comes_while_something_is_sent_is_sent_after_it(outlet, receiver_of):
    receiver = receiver_of(outlet)
    async with receiver.subscriber.lock:
        receiver.get(1)
        await asyncio.sleep(0)
        assert outlet.sent == []
    receiver.get(2)

    await comes_true(lambda: outlet.sent == ["1", "2"])


async def test_nothing_overtakes_what_was_received_and_is_not_sent_yet(outlet):
    """Between `receive` and the handler the queue is empty, and the lock free."""
    subscriber = Subscriber(outlet)
    outlet.hold_up()
    waiting = subscriber.on_events(events(1, kind="conversation.updated"))
    outlet.let_go()

    later = subscriber.on_events(events(2, kind="conversation.updated"))

    assert outlet.sent == []
    await subscriber.send_waiting(waiting)
    await subscriber.send_waiting(later)
    assert outlet.sent == ["1", "2"]
    assert subscriber.on_events(events(3, kind="conversation.updated")) is None
    assert outlet.sent == ["1", "2", "3"]


async def test_one_that_is_too_far_behind_is_closed(outlet, receiver_of, monkeypatch):
    monkeypatch.setattr(subscribers, "MAX_WAITING", 3)
    receiver = receiver_of(outlet)
    outlet.hold_up()

    receiver.get(1, 2, 3)
    assert not outlet.closed
    receiver.get(4)

    assert outlet.closed
    receiver.get(5)
    assert receiver.channel.qsize() == 1, "nothing more is kept for it"


@pytest.mark.parametrize(("error", "closed"), [(RuntimeError, True), (OSError, False)])
async def test_one_that_breaks_is_closed_and_one_that_left_is_let_go(
    outlet, receiver_of, error, closed
):
    async def break_off(frame):
        raise error

    outlet.send = break_off
    outlet.hold_up()
    receiver = receiver_of(outlet)

    receiver.get(1, 2)

    await comes_true(receiver.is_done)
    outlet.let_go()
    receiver.get(3)
    assert outlet.closed == closed
    assert outlet.sent == []


async def test_one_that_breaks_at_once_is_closed_and_no_other_suffers(outlet):
    def break_off(frame):
        raise RuntimeError

    outlet.send_nowait = break_off

    assert Subscriber(outlet).on_events(events(1)) is None

    assert outlet.closed


async def test_a_subscriber_that_was_closed_sends_nothing_more(outlet, receiver_of):
    receiver = receiver_of(outlet)
    outlet.hold_up()
    receiver.get(1, 2)

    receiver.subscriber.close()
    outlet.let_go()
    receiver.get(3)

    await comes_true(receiver.is_done)
    assert outlet.sent == []
