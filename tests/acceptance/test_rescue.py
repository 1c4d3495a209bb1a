"""How long a reply waits for its next attempt when its worker is killed -9, as installed."""

import statistics
import time

import pytest
from report import record_rescue
from support.processes.stack import TIMINGS, Stack

KILLS = 10
# Empty values are the defaults.
AS_INSTALLED = dict.fromkeys(TIMINGS, "")


@pytest.mark.matrix
@pytest.mark.timeout(400)
async def test_with_the_default_timings_it_runs_again_within_ten_seconds(request):
    from support.processes.person import Person

    with Stack(workers=2, **AS_INSTALLED) as stack:
        stack.model(tokens=4000, tokens_per_second=40)
        async with Person(stack.url) as person, person.recorder() as socket:
            waited = [await _kill_once(stack, person, socket) for _ in range(KILLS)]

    record_rescue(request.config, waited)
    assert max(waited) <= 10
    assert statistics.median(waited) <= 6


async def _kill_once(stack, person, socket) -> float:
    reply = (await person.ask(await person.begin(), "Tell me at length"))["id"]
    await socket.until(lambda s: len(s.of("reply.delta", reply)) > 3, what="text")
    victim = _worker_of(stack, reply)
    began = time.monotonic()
    victim.kill()
    await socket.until(lambda s: s.restarts.get(reply), what="the next attempt")
    victim.start()
    stack.wait_until_ready()
    await person.http.post(f"/replies/{reply}/cancel")
    return socket.restarts[reply][0] - began


def _worker_of(stack, reply):
    statement = (
        "SELECT w.pid FROM workers_worker w JOIN chat_reply r ON r.worker = w.id WHERE r.id = %s"
    )
    [[pid]] = stack.rows(statement, reply)
    return next(worker for worker in stack.workers if worker.pid == pid)
