"""How one listener is told what comes, beside others who may be slower."""

import asyncio
from uuid import uuid4

import pytest
from support.eventually import comes_true

from chat.events.publisher import Event
from chat.live import subscriber as feeds
from chat.live.subscriber import Feed, Told

REPLY = str(uuid4())


class Outlet:
    """Takes what comes, or holds it up as a slow client does."""

    def __init__(self):
        self.taken = []
        self.free = True
        self.given_up = False
        self.opened = asyncio.Event()

    def takes(self):
        return self.free

    def take(self, frame):
        self.taken.append(frame.text)

    async def wait_to_take(self, frame):
        if not self.free:
            await self.opened.wait()
        self.take(frame)

    def give_up(self):
        self.given_up = True

    def gone(self):
        pass

    def hold_up(self):
        self.free = False

    def let_go(self):
        self.free = True
        self.opened.set()


def told(*seqs):
    return [
        Told.of(
            Event(
                member=str(uuid4()),
                kind="reply.delta",
                frame=str(seq),
                reply=REPLY,
                attempt=1,
                seq=seq,
            )
        )
        for seq in seqs
    ]


@pytest.fixture
def outlet():
    return Outlet()


async def test_what_comes_is_told_at_once(outlet):
    Feed(outlet).hear(told(1, 2))

    assert outlet.taken == ["1", "2"]


async def test_a_slow_one_holds_up_no_other_and_is_told_all_in_order(outlet):
    slow, quick = outlet, Outlet()
    feeds_of_both = [Feed(slow), Feed(quick)]
    slow.hold_up()

    for seq in range(1, 6):
        for feed in feeds_of_both:
            feed.hear(told(seq))
        await asyncio.sleep(0)

    assert quick.taken == list("12345")
    assert slow.taken == []
    slow.let_go()
    feeds_of_both[0].hear(told(6))
    await comes_true(lambda: slow.taken == list("123456"))


async def test_one_that_becomes_slow_within_a_message_is_told_the_rest_later(outlet):
    feed = Feed(outlet)
    take = outlet.take

    def take_and_be_full(frame):
        take(frame)
        outlet.free = outlet.opened.is_set()

    outlet.take = take_and_be_full
    feed.hear(told(1, 2, 3))
    assert outlet.taken == ["1"]

    outlet.let_go()
    await comes_true(lambda: outlet.taken == list("123"))


async def test_what_comes_while_something_is_told_is_told_after_it(outlet):
    feed = Feed(outlet)
    async with feed.lock:
        feed.hear(told(1))
        await asyncio.sleep(0)
        assert outlet.taken == []
    feed.hear(told(2))

    await comes_true(lambda: outlet.taken == ["1", "2"])


async def test_one_that_is_too_far_behind_is_given_up(outlet, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_WAITING", 3)
    feed = Feed(outlet)
    outlet.hold_up()

    feed.hear(told(1, 2, 3))
    assert not outlet.given_up
    feed.hear(told(4))

    assert outlet.given_up
    assert not feed._line


@pytest.mark.parametrize(("error", "given_up"), [(RuntimeError, True), (OSError, False)])
async def test_one_that_breaks_is_given_up_and_one_that_left_is_let_go(outlet, error, given_up):
    async def break_off(frame):
        raise error

    outlet.wait_to_take = break_off
    outlet.hold_up()
    feed = Feed(outlet)

    feed.hear(told(1, 2))

    await comes_true(lambda: not feed._line and feed._telling.done())
    assert outlet.given_up == given_up
    assert outlet.taken == []


async def test_one_that_breaks_at_once_is_given_up_and_no_other_suffers(outlet):
    def break_off(frame):
        raise RuntimeError

    outlet.take = break_off

    Feed(outlet).hear(told(1))

    assert outlet.given_up


async def test_a_feed_that_was_closed_tells_nothing_more(outlet):
    feed = Feed(outlet)
    outlet.hold_up()
    feed.hear(told(1, 2))
    await asyncio.sleep(0)

    feed.close()
    outlet.let_go()
    await asyncio.sleep(0.02)

    assert outlet.taken == []
