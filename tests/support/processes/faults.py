"""What can happen to the processes, and to the model, while replies are in flight."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import redis

from .crowd import numbered
from .stack import Process, Stack

MOMENTS = ("before claim", "before first token", "mid-stream", "at the end")
TOKENS = 48
# What a supervisor needs to notice and start a process again.
RESTART_SECONDS = 0.5


@dataclass(frozen=True)
class Fault:
    name: str
    strike: Callable[[Stack], Awaitable[None]]
    worst: str  # the moment at which it hurts most
    model: dict[str, Any] | None = None  # for faults of the model: what it does


async def kill_worker(stack: Stack) -> None:
    await _replace(stack.workers[0], stack.workers[0].kill)


async def kill_web(stack: Stack) -> None:
    await _replace(stack.web, stack.web.kill)


async def terminate_worker(stack: Stack) -> None:
    worker = stack.workers[0]
    worker.send(signal.SIGTERM)
    code = await asyncio.to_thread(worker.wait, seconds=60)
    # One that was still starting has nothing to drain and no handler yet.
    assert code in (0, -signal.SIGTERM), code
    worker.start()


async def stall_worker(stack: Stack) -> None:
    """Declared dead, it comes back while the next attempts run, and must write nothing."""
    worker = stack.workers[0]
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(1.6 * float(stack.env["WORKER_LEASE_SECONDS"]))
    worker.send(signal.SIGCONT)


async def flush_redis(stack: Stack) -> None:
    client = redis.Redis.from_url(stack.redis.url)
    client.flushall()
    client.close()


async def kill_redis(stack: Stack) -> None:
    stack.redis.kill()
    await asyncio.sleep(RESTART_SECONDS)
    await _in_main_thread(stack.redis.start)


async def restart_postgres(stack: Stack) -> None:
    stack.postgres.stop()
    await asyncio.sleep(RESTART_SECONDS)
    await _in_main_thread(stack.postgres.start)


async def nothing(stack: Stack) -> None:
    """The model misbehaves by its script."""


async def _replace(process: Process, end: Callable[[], None]) -> None:
    end()
    await asyncio.sleep(RESTART_SECONDS)
    process.start()


async def _in_main_thread(start: Callable[[], None]) -> None:
    # An embedded server ends with the thread that started it; the loop waits for a moment.
    start()


FAULTS = [
    Fault("kill -9 worker", kill_worker, worst="mid-stream"),
    Fault("kill -9 web", kill_web, worst="mid-stream"),
    Fault("SIGTERM worker", terminate_worker, worst="mid-stream"),
    Fault("SIGSTOP, SIGCONT worker", stall_worker, worst="mid-stream"),
    Fault("Redis FLUSHALL", flush_redis, worst="mid-stream"),
    Fault("Redis kill -9, restart", kill_redis, worst="at the end"),
    Fault("PostgreSQL restart", restart_postgres, worst="at the end"),
    Fault("model 429", nothing, "before first token", {"fault": "status", "fault_status": 429}),
    Fault("model 500", nothing, "before first token", {"fault": "status", "fault_status": 500}),
    Fault("model stalls", nothing, "mid-stream", {"fault": "stall"}),
    Fault("model cuts", nothing, "at the end", {"fault": "cut"}),
    Fault("model garbage", nothing, "mid-stream", {"fault": "garbage"}),
]


def model_script(fault: Fault, moment: str, requests: int) -> list[dict[str, Any]]:
    """The first attempt of each reply goes wrong at the moment; an HTTP status comes before any
    token, so later it is an error inside the stream."""
    assert fault.model is not None
    after = {"mid-stream": TOKENS // 2, "at the end": TOKENS - 1}.get(moment, 0)
    entry = dict(fault.model)
    if entry["fault"] == "status" and after:
        entry = {"fault": "error"}
    if entry["fault"] != "status":
        entry["fault_after"] = after
    return [entry | {"match": numbered("", number)} for number in range(requests)]
