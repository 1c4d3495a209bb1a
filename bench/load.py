"""Members who ask, each with a socket: as fast as they are answered, and at a given rate.

The same load goes straight to the model, which is the limit. All stand on the same machine, in
steady state: a window begins when everybody was answered once. Of three windows the medians count.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import uvloop

from .harness import stack as stacks
from .harness.figures import quantile, report
from .harness.load_people import (
    FIRST_TOKEN_MS,
    TOKENS,
    TOKENS_PER_SECOND,
    TURNS,
    Answer,
    DirectPerson,
    Person,
)
from .harness.stack import Stack

MODEL = (
    *("--tokens", str(TOKENS), "--first-token-ms", str(FIRST_TOKEN_MS), "--stamp"),
    *("--tokens-per-second", str(TOKENS_PER_SECOND), "--record", "0"),
)
Ask = Callable[[], Coroutine[Any, Any, Answer]]


@dataclass
class Window:
    answers: list[Answer]
    seconds: float
    cpu: dict[str, float]


async def closed_loop(asks: list[Ask], stack: Stack, seconds: float, windows: int) -> list[Window]:
    """Everybody asks again as soon as they are answered."""
    ended: list[Answer] = []
    over = asyncio.Event()

    async def one(ask: Ask, pause: float) -> None:
        await asyncio.sleep(pause)
        while not over.is_set():
            ended.append(await ask())

    answer_seconds = (FIRST_TOKEN_MS + 1000 / TOKENS_PER_SECOND * TOKENS) / 1000
    # They do not begin all at once; a steady state does not either.
    tasks = [
        asyncio.ensure_future(one(ask, answer_seconds * number / len(asks)))
        for number, ask in enumerate(asks)
    ]
    await asyncio.sleep(answer_seconds * 2.5)
    measured = await _windows(stack, ended, seconds, windows)
    over.set()
    await asyncio.gather(*tasks)
    return measured


async def at_rate(
    asks: list[Ask], stack: Stack, rate: float, seconds: float, windows: int
) -> list[Window]:
    """A request every 1/`rate` seconds, by whoever is free; nobody waits for anybody's answer."""
    ended: list[Answer] = []
    free = asyncio.Queue[Ask]()
    for ask in asks:
        free.put_nowait(ask)

    async def one(ask: Ask, due: float) -> None:
        answer = await ask()
        answer.asked = min(answer.asked, due)
        ended.append(answer)
        free.put_nowait(ask)

    async def begin() -> None:
        first = time.time()
        for number in itertools.count():
            due = first + number / rate
            await asyncio.sleep(max(0.0, due - time.time()))
            tasks.add(task := asyncio.ensure_future(one(await free.get(), due * 1e6)))
            task.add_done_callback(tasks.discard)

    tasks: set[asyncio.Task[None]] = set()
    beginning = asyncio.ensure_future(begin())
    await asyncio.sleep(4)
    measured = await _windows(stack, ended, seconds, windows)
    beginning.cancel()
    await asyncio.gather(*tasks)
    return measured


async def _windows(stack: Stack, ended: list[Answer], seconds: float, windows: int) -> list[Window]:
    measured = []
    for _ in range(windows):
        ended.clear()
        cpu, began = stack.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        took, used = time.monotonic() - began, stack.cpu()
        measured.append(
            Window(list(ended), took, {name: used[name] - cpu.get(name, 0.0) for name in used})
        )
    return measured


OURS = ("api", "ws", "worker", "postgres", "redis")


def figures(windows: list[Window]) -> dict[str, Any]:
    """The medians of the windows' figures; milliseconds, and seconds of CPU per 1,000 answers."""
    each = [_figures(window) for window in windows]
    medians = {
        name: round(statistics.median(one[name] for one in each), 2)
        for name in each[0]
        if name != "errors"
    }
    errors = [error for one in each for error in one["errors"]]
    return {**medians, "errors": len(errors), "first_error": errors[0] if errors else None}


def _figures(window: Window) -> dict[str, Any]:
    good = [answer for answer in window.answers if not answer.error]
    if not good:
        raise SystemExit(f"Nothing was answered: {[a.error for a in window.answers][:3]}")
    first = [(answer.first - answer.asked) / 1000 for answer in good]
    delays = [delay / 1000 for answer in good for delay in answer.delays]
    accepts = [(answer.accepted - answer.asked) / 1000 for answer in good if answer.accepted]
    per_thousand = 1000 / len(good)
    return {
        "answers_per_second": len(good) / window.seconds,
        "first_token_p50_ms": quantile(first, 0.5),
        "first_token_p99_ms": quantile(first, 0.99),
        "delta_p50_ms": quantile(delays, 0.5),
        "delta_p99_ms": quantile(delays, 0.99),
        **({"accept_p50_ms": quantile(accepts, 0.5)} if accepts else {}),
        **({"accept_p99_ms": quantile(accepts, 0.99)} if accepts else {}),
        "frames_per_answer": sum(answer.frames for answer in good) / len(good),
        "cpu_s_per_1000": per_thousand * sum(window.cpu.get(name, 0.0) for name in OURS),
        **{
            f"cpu_s_per_1000_{name}": per_thousand * seconds for name, seconds in window.cpu.items()
        },
        "errors": [answer.error for answer in window.answers if answer.error],
    }


async def measure(stack: Stack, asked: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    most = max([*asked.k, asked.rate_members if asked.rate else 0])
    turns = 60 + int(asked.seconds) * asked.windows * (len(asked.k) + 1)
    people = [Person(m) for m in stack.members(most, conversations=turns // TURNS + 1)]
    for some in _tens(people):
        await asyncio.gather(*(person.arrive(stack) for person in some))
    for k in asked.k:
        direct = [DirectPerson(stack.model).ask for _ in range(k)]
        found[f"direct K={k}"] = figures(
            await closed_loop(direct, stack, asked.seconds, asked.windows)
        )
        asks = [person.ask for person in people[:k]]
        found[f"malgil K={k}"] = figures(
            await closed_loop(asks, stack, asked.seconds, asked.windows)
        )
    if asked.rate:
        direct = [DirectPerson(stack.model).ask for _ in range(asked.rate_members)]
        name = f"{asked.rate:g}/s"
        found[f"direct {name}"] = figures(
            await at_rate(direct, stack, asked.rate, asked.seconds, asked.windows)
        )
        asks = [person.ask for person in people[: asked.rate_members]]
        found[f"malgil {name}"] = figures(
            await at_rate(asks, stack, asked.rate, asked.seconds, asked.windows)
        )
    for person in people:
        person.leave()
    return found


def _tens(people: list[Person]) -> Iterator[list[Person]]:
    for start in range(0, len(people), 10):
        yield people[start : start + 10]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("-k", type=int, nargs="+", default=[1, 100, 300], help="members at once")
    parser.add_argument("--rate", type=float, default=100, help="requests per second; 0: none")
    parser.add_argument("--rate-members", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10, help="of a window")
    parser.add_argument("--windows", type=int, default=3)
    asked = parser.parse_args()
    with stacks.running(*MODEL) as stack:
        found = uvloop.run(measure(stack, asked))
    report("load", found)


if __name__ == "__main__":
    main()
