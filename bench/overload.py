"""More members ask than the machine may hold: refused ones come back, accepted ones are answered.

A small queue and few places stand for a machine's limits. Exits with 1 when anything happened but
an answer or a refusal that says when to come back.
"""

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import uvloop

from bench.load import MODEL

from .harness import stack as stacks
from .harness.figures import report, spread
from .harness.stack import Stack
from .harness.watcher import Watcher
from .harness.wire import Refused

_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
_LONGEST_SECONDS = 120
_ARRIVE_AT_ONCE = 10


class Load:
    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.accepted_ms: list[float] = []
        self.refused_ms: list[float] = []
        self.answered_ms: list[float] = []

    async def one(self, watcher: Watcher) -> None:
        """Asks again as soon as it was answered or, if refused, when it is told to."""
        places = iter(watcher.member.conversations)
        conversation = next(places)
        while not self.over.is_set():
            self.counts["asked"] += 1
            began = time.perf_counter()
            try:
                watched = await watcher.ask(conversation)
            except Refused as refused:
                self.refused_ms.append(_since(began))
                await self._wait(self._refusal(refused))
                continue
            except ConnectionError as error:
                self.wrong[str(error)] += 1
                continue
            self.counts["accepted"] += 1
            self.accepted_ms.append(_since(began))
            try:
                await asyncio.wait_for(watched.news.wait(), _LONGEST_SECONDS)
            except TimeoutError:
                self.wrong["it did not end"] += 1
                return
            self.answered_ms.append(_since(began))
            self.wrong.update(watched.complaints())
            self.counts["completed"] += watched.ended is not None and (
                watched.ended["status"] == "completed"
            )
            conversation = next(places)

    def _refusal(self, refused: Refused) -> float:
        """After how many seconds to ask again."""
        told = _RETRY_AFTER.search(refused.head)
        if refused.status == 503 and b'"queue_full"' in refused.body and told:
            self.counts["refused"] += 1
            return float(told[1])
        self.wrong[str(refused)] += 1
        return 1.0

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            self.counts["came_back"] += 1


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


async def _accept_ms(watchers: Iterator[Watcher]) -> dict[str, float]:
    taken = []
    for watcher in watchers:
        began = time.perf_counter()
        watched = await watcher.ask(watcher.member.conversations[-1])
        taken.append(_since(began))
        await asyncio.wait_for(watched.news.wait(), _LONGEST_SECONDS)
    return spread(taken)


async def measure(stack: Stack, asked: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    # An answer takes more than a second; the last conversation is for the quiet accepts.
    members = stack.members(asked.members + 20, conversations=int(asked.seconds) + 3)
    watchers = [Watcher(stack, member) for member in members]
    for first in range(0, len(watchers), _ARRIVE_AT_ONCE):
        some = watchers[first : first + _ARRIVE_AT_ONCE]
        await asyncio.gather(*(watcher.arrive() for watcher in some))
    before = await _accept_ms(iter(watchers[-20:-10]))
    load = Load()
    asking = [asyncio.ensure_future(load.one(watcher)) for watcher in watchers[: asked.members]]
    longest = 0
    with stack.database() as database:
        ends = time.monotonic() + asked.seconds
        while time.monotonic() < ends:
            longest = max(longest, _queued(database))
            await asyncio.sleep(0.2)
        load.over.set()
        ended = time.monotonic()
        while _queued(database):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
        empty = time.monotonic() - ended
    await asyncio.gather(*asking)
    answered = time.monotonic() - ended
    after = await _accept_ms(iter(watchers[-10:]))
    for watcher in watchers:
        watcher.leave()
    fine = not load.wrong and load.counts["accepted"] == load.counts["completed"]
    return {
        "members": asked.members,
        "queue_max": asked.queue,
        "concurrency": asked.concurrency,
        "seconds": asked.seconds,
        "counts": dict(load.counts),
        "wrong": dict(load.wrong),
        "longest_queue": longest,
        "accepted_ms": spread(load.accepted_ms),
        "refused_ms": spread(load.refused_ms) if load.refused_ms else None,
        "answered_ms": spread(load.answered_ms),
        "queue_empty_after_seconds": round(empty, 2),
        "all_answered_after_seconds": round(answered, 2),
        "accept_before_ms": before,
        "accept_after_ms": after,
    }, fine


def _queued(database: Any) -> int:
    [[count]] = database.execute("SELECT count(*) FROM chat_reply WHERE status = 'queued'")
    return int(count)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--members", type=int, default=400)
    parser.add_argument("--queue", type=int, default=200, help="CHAT_QUEUE_MAX")
    parser.add_argument("--concurrency", type=int, default=50, help="WORKER_CONCURRENCY")
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    with stacks.running(
        *MODEL, CHAT_QUEUE_MAX=str(asked.queue), WORKER_CONCURRENCY=str(asked.concurrency)
    ) as stack:
        figures, fine = uvloop.run(measure(stack, asked))
    report("overload", figures)
    if not fine:
        sys.exit(1)


if __name__ == "__main__":
    main()
