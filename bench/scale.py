"""Whether a request's cost grows with what others have stored: the same member, a growing crowd.

Only the member's own conversation may take longer to read the longer it is, where it is read whole.
"nothing" asks whether the server is alive, which reads no row: what grows with it is the machine's.
"""

import argparse
import asyncio
import itertools
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from .harness import crowd, watcher
from .harness import stack as stacks
from .harness.figures import report, spread
from .harness.stack import BenchMember, Stack
from .harness.wire import Http

MODEL = ("--first-token-ms", "0", "--tokens", "8", "--tokens-per-second", "1000", "--record", "0")
OWN_MESSAGES = (10, 100, 1000)
_WARM_UP = 5
_PAUSE_SECONDS, _SETTLING_SECONDS = 0.02, 5
_FOUND, _NOT_FOUND = "/conversations?q=number", "/conversations?q=xyzzy"
_REPLY = re.compile(rb'"replies":\[\{"id":"([0-9a-f-]{36})"')

Call = Callable[[], Awaitable[Any]]


async def milliseconds(call: Call, *, times: int) -> dict[str, float]:
    taken = []
    for number in range(_WARM_UP + times):
        began = time.perf_counter()
        await call()
        if number >= _WARM_UP:
            taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(_PAUSE_SECONDS)
    return spread(taken)


class Reader:
    """A member who does each thing that members do."""

    def __init__(self, stack: Stack, member: BenchMember) -> None:
        self._stack = stack
        self._member = member
        self._http = Http(stack.api)
        self._fresh = iter(member.conversations[len(OWN_MESSAGES) :])

    async def calls(self) -> dict[str, Call]:
        first = f"/conversations/{self._member.conversations[0]}"
        found = _REPLY.search(await self._get(first))
        assert found is not None
        assert b'"id"' in await self._get(_FOUND)
        assert b'"id"' not in await self._get(_NOT_FOUND)
        return {
            "nothing": lambda: self._http.call("GET", "/healthz"),
            "accept": self._accept,
            "list": lambda: self._get("/conversations"),
            "detail of 10 messages": lambda: self._get(first),
            "reply": lambda: self._get(f"/replies/{found[1].decode()}"),
            "quota": lambda: self._get("/quota"),
            "ticket and socket": self._socket,
            "search, found": lambda: self._get(_FOUND),
            "search, not found": lambda: self._get(_NOT_FOUND),
        }

    def details(self) -> dict[int, Call]:
        """Of conversations of the sizes of OWN_MESSAGES."""

        def detail(conversation: str) -> Call:
            return lambda: self._get(f"/conversations/{conversation}")

        pairs = zip(OWN_MESSAGES, self._member.conversations, strict=False)
        return {size: detail(conversation) for size, conversation in pairs}

    async def _get(self, path: str) -> bytes:
        return await self._http.call("GET", f"/api/v1{path}", token=self._member.access)

    async def _accept(self) -> None:
        path = f"/api/v1/conversations/{next(self._fresh)}/replies"
        await self._http.call("POST", path, b'{"message":"Hello!"}', token=self._member.access)

    async def _socket(self) -> None:
        opened = await watcher.open_socket(
            self._stack, self._http, self._member, lambda frame, now: None
        )
        opened.close()


async def measure(stack: Stack, sizes: list[int], times: int) -> dict[str, Any]:
    own = len(OWN_MESSAGES) + (_WARM_UP + times) * len(sizes)
    [member] = stack.members(1, conversations=own)
    reader = Reader(stack, member)
    at: dict[str, dict[str, dict[str, float]]] = {}
    with stack.database() as database:
        for size, conversation in zip(OWN_MESSAGES, member.conversations, strict=False):
            crowd.fill(database, conversation=conversation, messages=size)
        calls = await reader.calls()
        filled = {}
        for before, size in itertools.pairwise([0, *sizes]):
            began = time.monotonic()
            await asyncio.to_thread(crowd.add, database, before=before, messages=size)
            filled[f"{size:,}"] = round(time.monotonic() - began, 1)
            await asyncio.sleep(_SETTLING_SECONDS)
            for name, call in calls.items():
                taken = await milliseconds(call, times=times)
                at.setdefault(name, {})[f"{size:,}"] = taken
    own_details = {
        f"{size:,}": await milliseconds(call, times=times)
        for size, call in reader.details().items()
    }
    return {
        "messages_of_others": sizes,
        "filled_seconds": filled,
        "ms": at,
        "ratio_of_medians": {name: _ratio(list(taken.values())) for name, taken in at.items()},
        "detail_of_own_messages_ms": own_details,
    }


def _ratio(taken: list[dict[str, float]]) -> float:
    return round(taken[-1]["median"] / taken[0]["median"], 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    with stacks.running(*MODEL) as stack:
        report("scale", uvloop.run(measure(stack, sorted(asked.sizes), asked.times)))


if __name__ == "__main__":
    main()
