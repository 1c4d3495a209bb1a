"""How many requests are accepted a second when nothing else is done: no worker runs.

Each request goes to a conversation of its own, so what is accepted waits; each window begins with
the queue that the one before has left.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from typing import Any

import uvloop

from bench.load import OURS

from .harness import stack as stacks
from .harness.figures import quantile, report
from .harness.stack import BenchMember, Stack
from .harness.wire import Http

# Of a member, as of one who has used up the daily limit.
_CONVERSATIONS = 5
_BODY = b'{"message":"What time is it?"}'

Place = tuple[str, str]  # the member's token, and where to ask


def places(members: list[BenchMember]) -> Iterator[Place]:
    for member in members:
        for conversation in member.conversations:
            yield member.access, f"/api/v1/conversations/{conversation}/replies"


async def window(stack: Stack, https: list[Http], some: list[Place]) -> dict[str, float]:
    """All the requests, from as many connections as there are, each after its last was answered."""
    taken: list[float] = []
    left = iter(some)

    async def one(http: Http) -> None:
        for token, path in left:
            began = time.perf_counter()
            await http.call("POST", path, _BODY, token=token)
            taken.append((time.perf_counter() - began) * 1000)

    cpu, began = stack.cpu(), time.perf_counter()
    await asyncio.gather(*(one(http) for http in https))
    seconds, used = time.perf_counter() - began, stack.cpu()
    costs = {name: (used[name] - cpu[name]) / len(some) * 1000 for name in used}
    return {
        "accepts_per_second": len(some) / seconds,
        "p50_ms": quantile(taken, 0.5),
        "p99_ms": quantile(taken, 0.99),
        "cpu_ms_per_accept": sum(costs.get(name, 0.0) for name in OURS),
        **{f"cpu_ms_per_accept_{name}": cost for name, cost in costs.items()},
    }


async def measure(stack: Stack, asked: argparse.Namespace) -> dict[str, Any]:
    warm_up, each = asked.connections * 10, asked.accepts
    count = warm_up + each * asked.windows
    ready = places(stack.members(-(-count // _CONVERSATIONS), conversations=_CONVERSATIONS))
    https = [Http(stack.api) for _ in range(asked.connections)]
    await window(stack, https, list(itertools.islice(ready, warm_up)))
    windows = [
        await window(stack, https, list(itertools.islice(ready, each)))
        for _ in range(asked.windows)
    ]
    for http in https:
        http.close()
    return {
        "connections": asked.connections,
        "accepts_of_a_window": each,
        **{name: round(statistics.median(w[name] for w in windows), 2) for name in windows[0]},
        "accepts_per_second_of_each": [round(w["accepts_per_second"], 1) for w in windows],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.accepts", description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--accepts", type=int, default=3000, help="of a window: about 10 s")
    parser.add_argument("--windows", type=int, default=3)
    asked = parser.parse_args()
    with stacks.running(worker=False, CHAT_QUEUE_MAX="1000000") as stack:
        found = uvloop.run(measure(stack, asked))
    report("accepts", found)


if __name__ == "__main__":
    main()
