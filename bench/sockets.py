"""What a socket costs: memory while nothing happens, and processor time where a member has many."""

import argparse
import asyncio
from collections.abc import Iterator
from typing import Any

import uvloop

from bench.harness.load_people import TURNS, Person
from bench.load import MODEL

from . import load
from .harness import stack as stacks
from .harness import watcher
from .harness.figures import report
from .harness.stack import BenchMember, Stack
from .harness.wire import Http, Socket

_AT_ONCE = 10
# A server that has had no socket yet has not loaded all of its code.
_FIRST = 20
_SETTLING_SECONDS = 3


def _ignore(frame: bytes, now: float) -> None:
    pass


async def _open(stack: Stack, members: list[BenchMember]) -> list[Socket]:
    """One socket for each name in the list, which may hold a member several times."""
    opened: list[Socket] = []
    left: Iterator[BenchMember] = iter(members)

    async def one() -> None:
        http = Http(stack.api)
        for member in left:
            socket = await watcher.open_socket(stack, http, member, _ignore)
            opened.append(socket)
        http.close()

    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    return opened


async def idle(stack: Stack, count: int) -> dict[str, Any]:
    members = stack.members(_FIRST + count)
    opened = await _open(stack, members[:_FIRST])
    await asyncio.sleep(_SETTLING_SECONDS)
    before, cpu = stack.rss("ws"), stack.cpu()
    opened += await _open(stack, members[_FIRST:])
    at_once = stack.cpu()
    await asyncio.sleep(_SETTLING_SECONDS)
    grown = stack.rss("ws") - before
    for socket in opened:
        socket.close()
    await asyncio.sleep(_SETTLING_SECONDS)
    return {
        "sockets": count,
        "rss_before_mb": round(before / 2**20, 1),
        "rss_grown_mb": round(grown / 2**20, 1),
        "kb_each": round(grown / count / 1000, 1),
        "cpu_ms_to_open_one": round((at_once["ws"] - cpu["ws"]) / count * 1000, 2),
    }


async def watched(stack: Stack, asked: argparse.Namespace) -> dict[str, Any]:
    """The same members ask, first with one socket each, then with many."""
    turns = 30 + int(asked.seconds) * asked.windows * 2
    people = [Person(m) for m in stack.members(asked.members, conversations=turns // TURNS + 1)]
    for person in people:
        await person.arrive(stack)
    asks = [person.ask for person in people]
    one = load.figures(await load.closed_loop(asks, stack, asked.seconds, asked.windows))
    more = [person.member for person in people for _ in range(asked.each - 1)]
    opened = await _open(stack, more)
    many = load.figures(await load.closed_loop(asks, stack, asked.seconds, asked.windows))
    for socket in opened:
        socket.close()
    for person in people:
        person.leave()
    cost = "cpu_s_per_1000_ws"
    return {
        "members": asked.members,
        "with 1 socket": one,
        f"with {asked.each} sockets": many,
        "ws_cpu_ratio": round(many[cost] / one[cost], 2) if one[cost] else None,
    }


async def measure(stack: Stack, asked: argparse.Namespace) -> dict[str, Any]:
    return {"idle": await idle(stack, asked.idle), "many": await watched(stack, asked)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sockets", description=__doc__)
    parser.add_argument("--idle", type=int, default=2000, help="sockets that only stay open")
    parser.add_argument("--members", type=int, default=20, help="who ask, with many sockets each")
    parser.add_argument("--each", type=int, default=20, help="sockets of such a member")
    parser.add_argument("--seconds", type=float, default=10, help="of a window")
    parser.add_argument("--windows", type=int, default=3)
    asked = parser.parse_args()
    with stacks.running(*MODEL) as stack:
        found = uvloop.run(measure(stack, asked))
    report("sockets", found)


if __name__ == "__main__":
    main()
