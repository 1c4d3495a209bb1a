"""One worker process holds many replies at once: as many members ask, each with a socket.

Each answer is watched on its member's socket, checked for gaps, and compared with what is stored.
"""

import argparse
import asyncio
import time
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import uvloop

from bench.load import OURS

from .harness import stack as stacks
from .harness.figures import report, spread
from .harness.member import Watched
from .harness.stack import Stack
from .harness.watcher import Watcher

FIRST_TOKEN_MS = 500
# What one server process takes without refusing any: it is the worker that is measured.
_REQUESTS_AT_ONCE = 16
_LONGEST_SECONDS = 300


async def measure(stack: Stack, replies: int) -> dict[str, Any]:
    watchers = [Watcher(stack, member) for member in stack.members(replies)]
    some = asyncio.Semaphore(_REQUESTS_AT_ONCE)
    await asyncio.gather(*(_arrive(watcher, some) for watcher in watchers))
    cpu, memory, began = stack.cpu(), stack.rss("worker"), time.time()
    answers = await asyncio.gather(*(_ask(watcher, some) for watcher in watchers))
    took, used, peak = time.time() - began, stack.cpu(), stack.peak_rss("worker")
    complaints = [
        complaint
        for watcher, (_, watched) in zip(watchers, answers, strict=True)
        for complaint in await _complaints(watcher, watched)
    ]
    for watcher in watchers:
        watcher.leave()
    at_the_model = _stats(stack.model)
    return {
        "replies": replies,
        "peak_in_flight_at_the_model": at_the_model["peak_running"],
        "calls_to_the_model": at_the_model["received"],
        "snapshots": sum(watched.snapshots for _, watched in answers),
        "complaints": complaints,
        "seconds_in_all": round(took, 1),
        "until_accepted_ms": spread([accepted * 1000 for accepted, _ in answers]),
        "token_delay_ms": spread(list(_delays(watched for _, watched in answers))),
        "worker_rss_before_mb": round(memory / 2**20, 1),
        "worker_peak_rss_mb": round(peak / 2**20, 1),
        "worker_kb_per_reply": round((peak - memory) / replies / 1000, 1),
        "cpu_seconds": {name: round(used[name] - cpu[name], 1) for name in (*OURS, "client")},
    }


async def _arrive(watcher: Watcher, some: asyncio.Semaphore) -> None:
    async with some:
        await watcher.arrive()


async def _ask(watcher: Watcher, some: asyncio.Semaphore) -> tuple[float, Watched]:
    """How long the accept took, and the reply when it has ended."""
    async with some:
        began = time.time()
        watched = await watcher.ask(watcher.member.conversations[0], "All at once, please.")
        accepted = time.time() - began
    await asyncio.wait_for(watched.news.wait(), _LONGEST_SECONDS)
    return accepted, watched


async def _complaints(watcher: Watcher, watched: Watched) -> list[str]:
    if complaints := watched.complaints():
        return complaints
    if await watcher.stored(watched) != watched.ended:
        return ["what was told of its end is not what is stored"]
    return []


def _delays(answers: Iterable[Watched]) -> Iterator[float]:
    for watched in answers:
        for now, text in watched.deltas:
            yield from (now * 1000 - int(stamp) / 1000 for stamp in text.split())


def _stats(model: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{model}/control/stats") as answer:
        stats: dict[str, Any] = orjson.loads(answer.read())
    return stats


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--replies", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=400, help="of each answer")
    parser.add_argument("--rate", type=int, default=10, help="tokens per second of each answer")
    asked = parser.parse_args()
    flags = ("--first-token-ms", str(FIRST_TOKEN_MS), "--stamp", "--tokens", str(asked.tokens))
    with stacks.running(*flags, "--tokens-per-second", str(asked.rate), "--record", "0") as stack:
        figures = uvloop.run(measure(stack, asked.replies))
    report("capacity", figures)


if __name__ == "__main__":
    main()
