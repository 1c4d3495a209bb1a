"""Wake-ups go out by themselves, together where they wait for each other."""

import threading
import time
from uuid import uuid4

import pytest

from workers.engine import wakeups


class Broker:
    """Each message waits until it may go out."""

    def __init__(self) -> None:
        self.messages: list[list[object]] = []
        self.sending = threading.Semaphore(0)
        self.may_go = threading.Semaphore(0)

    def send(self, reply_ids) -> bool:
        self.sending.release()
        assert self.may_go.acquire(timeout=10)
        self.messages.append(list(reply_ids))
        return True


@pytest.fixture
def broker(monkeypatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(wakeups, "_Broker", lambda: broker)
    return broker


def test_what_comes_while_one_goes_out_goes_with_the_next(broker):
    sender = wakeups._Sender()
    first, *others = ids = [uuid4() for _ in range(4)]

    sender.send(first)
    assert broker.sending.acquire(timeout=10)
    for reply_id in others:
        sender.send(reply_id)
    broker.may_go.release(2)
    assert broker.sending.acquire(timeout=10)
    sender.send(ids[0])
    assert broker.sending.acquire(timeout=10)

    assert broker.messages == [[first], others]
    broker.may_go.release()


def test_what_comes_just_after_one_goes_together(broker, monkeypatch):
    monkeypatch.setattr(wakeups, "GATHER_SECONDS", 1)
    sender = wakeups._Sender()
    first, *others = [uuid4() for _ in range(4)]
    broker.may_go.release(2)

    sender.send(first)
    assert broker.sending.acquire(timeout=10)
    while not broker.messages:
        time.sleep(0.01)
    for reply_id in others:
        sender.send(reply_id)
        time.sleep(0.02)  # enough for one to leave by itself, if they did not wait
    assert broker.sending.acquire(timeout=10)
    while len(broker.messages) < 2:
        time.sleep(0.01)

    assert broker.messages == [[first], others]


def test_a_message_is_bounded(broker):
    sender = wakeups._Sender()
    sender.send(uuid4())
    assert broker.sending.acquire(timeout=10)
    for _ in range(wakeups.MOST_AT_ONCE + 5):
        sender.send(uuid4())

    broker.may_go.release(2)
    for _ in range(2):
        assert broker.sending.acquire(timeout=10)

    assert [len(message) for message in broker.messages] == [1, wakeups.MOST_AT_ONCE]
    broker.may_go.release()
