"""What a socket may be sent next, whatever is lost, doubled or late on its way."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from chat.events.event import Event
from chat.live.delivery_order import REMEMBERED, Order, Verdict

REPLY = "r"


def delta(attempt, seq, reply=REPLY):
    return Event(member="m", kind="reply.delta", frame="", reply=reply, attempt=attempt, seq=seq)


def update(revision, *, attempt=1, seq=0, terminal=False, reply=REPLY):
    return Event(
        member="m",
        kind="reply.updated",
        frame="",
        reply=reply,
        attempt=attempt,
        seq=seq,
        revision=revision,
        terminal=terminal,
    )


def tell(order, event):
    """As the consumer does it."""
    verdict = order.update(event)
    if verdict is not Verdict.DROP:
        order.updated(event)
    return verdict


def test_deltas_in_order_are_sent():
    order = Order()
    assert [order.delta(delta(1, seq)) for seq in (1, 2, 3)] == [Verdict.SEND] * 3


def test_a_delta_that_was_sent_is_dropped():
    order = Order()
    order.delta(delta(1, 1))
    assert order.delta(delta(1, 1)) is Verdict.DROP


def test_a_missing_delta_asks_for_a_snapshot_until_one_came():
    order = Order()
    order.delta(delta(1, 1))
    assert order.delta(delta(1, 3)) is Verdict.SNAPSHOT
    assert order.wants(REPLY, 0)
    assert order.snapshot(REPLY, (1, 3))
    assert order.delta(delta(1, 4)) is Verdict.SEND


def test_a_snapshot_that_stands_in_for_nothing_leaves_the_text_missing():
    order = Order()
    assert order.snapshot(REPLY, (1, 0), whole=False)
    assert order.wants(REPLY, 0)
    assert order.snapshot(REPLY, (1, 5))
    assert not order.wants(REPLY, 0)


def test_a_first_delta_shows_that_nothing_was_missing():
    order = Order()
    order.snapshot(REPLY, (1, 0), whole=False)
    assert order.delta(delta(1, 1)) is Verdict.SEND
    assert not order.wants(REPLY, 0)


def test_a_snapshot_repeats_a_position_only_when_asked():
    order = Order()
    order.delta(delta(1, 1))
    assert not order.snapshot(REPLY, (1, 1))
    assert order.snapshot(REPLY, (1, 1), asked=True)
    assert not order.snapshot(REPLY, (1, 0), asked=True)


def test_what_was_asked_for_and_could_not_be_had_is_sent_once_it_can():
    order = Order()
    order.delta(delta(1, 1))
    assert not order.snapshot(REPLY, (1, 0), whole=False, asked=True)
    assert order.wants(REPLY, 0)
    assert order.snapshot(REPLY, (1, 1))
    assert not order.wants(REPLY, 0)
    assert not order.snapshot(REPLY, (1, 1))


def test_a_new_attempt_begins_at_one():
    order = Order()
    order.delta(delta(1, 1))
    assert order.delta(delta(2, 2)) is Verdict.SNAPSHOT
    assert order.delta(delta(2, 1)) is Verdict.SEND
    assert order.delta(delta(1, 2)) is Verdict.DROP


def test_a_status_never_gives_way_to_an_older_one():
    order = Order()
    assert tell(order, update(3)) is Verdict.SEND
    assert [tell(order, update(revision)) for revision in (2, 3)] == [Verdict.DROP] * 2


def test_the_end_comes_after_the_whole_text():
    order = Order()
    order.delta(delta(1, 1))
    assert order.update(update(3, seq=2, terminal=True)) is Verdict.SNAPSHOT
    assert order.final(update(3, seq=2, terminal=True)) == (1, 2)


def test_an_end_that_could_not_be_told_is_told_again():
    order = Order()
    end = update(3, seq=2, terminal=True)
    order.update(end)  # and the text could not be read

    assert order.in_flight() == {REPLY}
    assert order.update(end) is Verdict.SNAPSHOT


def test_an_end_without_text_needs_no_snapshot():
    order = Order()
    assert tell(order, update(3, terminal=True)) is Verdict.SEND


def test_nothing_follows_an_end():
    order = Order()
    tell(order, update(3, terminal=True))
    assert order.delta(delta(2, 1)) is Verdict.DROP
    assert not order.snapshot(REPLY, (2, 1), asked=True)
    assert tell(order, update(4)) is Verdict.DROP
    assert not order.wants(REPLY, 9)
    assert order.in_flight() == set()


def test_only_so_many_ended_replies_are_remembered():
    order = Order()
    order.delta(delta(1, 1, reply="open"))
    for number in range(3 * REMEMBERED):
        tell(order, update(2, terminal=True, reply=str(number)))

    assert order.in_flight() == {"open"}
    assert order.delta(delta(1, 1, reply=str(3 * REMEMBERED - 1))) is Verdict.DROP
    assert len(order._sent) == REMEMBERED + 1


@dataclass
class Client:
    """What a browser makes of the frames, complaining about what the protocol forbids."""

    position: tuple[int, int] = (0, 0)
    text: str = ""
    ended: bool = False
    revisions: list[int] = field(default_factory=list)

    def delta(self, attempt, seq, text):
        assert not self.ended
        old_attempt, old_seq = self.position
        assert (attempt, seq) == (
            (attempt, old_seq + 1) if attempt == old_attempt else (attempt, 1)
        )
        assert (attempt, seq) > self.position
        self.text = (self.text if attempt == old_attempt else "") + text
        self.position = (attempt, seq)

    def snapshot(self, position, text):
        assert not self.ended
        assert position >= self.position
        self.position, self.text = position, text

    def updated(self, revision, terminal):
        assert not self.ended
        assert revision > max(self.revisions, default=0)
        self.revisions.append(revision)
        self.ended = terminal


@st.composite
def journeys(draw):
    """What a worker published, what became of it on the way, and the text that was stored."""
    published, texts, revision = [], {}, 1
    attempts = draw(st.integers(1, 3))
    for attempt in range(1, attempts + 1):
        revision += 1
        published.append(update(revision, attempt=attempt))
        texts[attempt] = draw(st.lists(st.text("ab한😀", min_size=1, max_size=2), max_size=6))
        published += [delta(attempt, seq + 1) for seq in range(len(texts[attempt]))]
    arrived = draw(st.permutations(published)) if draw(st.booleans()) else list(published)
    fates = draw(st.lists(st.integers(0, 2), min_size=len(arrived), max_size=len(arrived)))
    arrived = [event for event, fate in zip(arrived, fates, strict=True) for _ in range(fate)]
    end = update(revision + 1, attempt=attempts, seq=len(texts[attempts]), terminal=True)
    return [*arrived, end, *draw(st.lists(st.sampled_from([*published, end]), max_size=3))], texts


@given(journey=journeys(), available=st.randoms())
def test_whatever_happens_on_the_way_the_client_ends_with_what_is_stored(journey, available):
    events, texts = journey
    order, client = Order(), Client()
    last = max(texts)
    for event in events:
        if event.kind == "reply.delta":
            verdict = order.delta(event)
            said = texts[event.attempt]
            if verdict is Verdict.SEND:
                client.delta(event.attempt, event.seq, said[event.seq - 1])
            elif verdict is Verdict.SNAPSHOT:
                # Redis holds at least what was published, or has just lost it.
                whole = available.random() < 0.7
                seq = available.randint(event.seq, len(said)) if whole else 0
                if order.snapshot(REPLY, (event.attempt, seq), whole=whole):
                    client.snapshot((event.attempt, seq), "".join(said[:seq]))
        else:
            verdict = order.update(event)
            if verdict is Verdict.SNAPSHOT:
                client.snapshot(order.final(event), "".join(texts[last]))
            if verdict is not Verdict.DROP:
                order.updated(event)
                client.updated(event.revision, event.terminal)
    assert client.ended
    assert client.text == "".join(texts[last])
