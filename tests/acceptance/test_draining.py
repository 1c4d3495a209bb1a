"""A deploy loses nothing: SIGTERM lets replies finish for a while and hands the rest back."""

import signal
import time

from support.eventually import comes_true
from support.processes.crowd import Crowd


async def test_what_does_not_finish_in_time_is_handed_back_at_once(healthy):
    healthy.model(tokens=140, tokens_per_second=40)
    async with Crowd(healthy, size=10) as crowd:
        await crowd.ask("longer than the drain")
        await crowd.until_words(10)
        leaving = healthy.workers[0]
        held = _held_by(healthy, leaving)

        began = time.monotonic()
        assert leaving.terminate(seconds=15) == 0
        leaving.start()
        await crowd.until_ended()

        await crowd.check()
        again = [
            arrival - began
            for socket in crowd.sockets
            for arrivals in socket.restarts.values()
            for arrival in arrivals
        ]
        drain = float(healthy.env["WORKER_DRAIN_SECONDS"])
        lease = float(healthy.env["WORKER_LEASE_SECONDS"])
        assert held
        assert len(again) == held
        # At once after the drain: a lease later a rescue would have found them anyway.
        assert max(again) < drain + lease
        rescued = healthy.rows("SELECT coalesce(sum(rescues), 0) FROM chat_reply")
        assert rescued == [(0,)]


async def test_a_worker_that_has_nothing_to_do_leaves_at_once(healthy):
    worker = healthy.workers[1]

    began = time.monotonic()
    worker.send(signal.SIGTERM)
    assert worker.wait(seconds=10) == 0

    assert time.monotonic() - began < 3
    worker.start()


async def test_a_worker_that_is_stopped_as_soon_as_it_has_registered_leaves_in_order(healthy):
    worker = healthy.workers[1]
    worker.kill()
    said = len(worker.log.read_text())
    worker.start()

    await comes_true(lambda: worker.says("worker.registered", after=said))
    assert worker.terminate(seconds=10) == 0

    assert healthy.rows("SELECT count(*) FROM workers_worker WHERE pid = %s", worker.pid) == [(0,)]
    worker.start()


def _held_by(stack, worker) -> int:
    [[held]] = stack.rows(
        "SELECT count(*) FROM chat_reply r JOIN workers_worker w ON w.id = r.worker"
        " WHERE w.pid = %s",
        worker.pid,
    )
    return held
