"""Random faults for as long as asked: `make chaos SECONDS=600 SEED=7`.

Members ask, cancel and go on in a closed loop while processes are killed under them. The seed is
printed, and decides which faults strike and what is asked (when they meet is up to the machine).
Members do what the documents tell clients to do while the server is away (patience.py). In the end
everything that was accepted must have ended once, as it was seen, with its slot; how long that
takes while faults strike is not promised, and how long afterwards is bounded by PATIENCE_SECONDS.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from . import faults, invariants
from .patience import expect, persistently
from .person import Person
from .recorder import TERMINAL, Recorder
from .stack import Stack

PEOPLE = 20
# After the last fault.
PATIENCE_SECONDS = 90
STRIKES = [fault for fault in faults.FAULTS if fault.model is None]
MODEL_FAULTS = ("none", "status", "stall", "cut", "garbage", "error", "no_finish")


class Member:
    """One person who keeps asking."""

    def __init__(self, person: Person, socket: Recorder, dice: random.Random) -> None:
        self.person = person
        self.socket = socket
        self.dice = dice
        self.accepted: list[str] = []
        self.slowest = 0.0

    async def live_until(self, deadline: float) -> None:
        """Asks one question after another; `deadline` is when faults end, by time.monotonic()."""
        while (began := time.monotonic()) < deadline:
            patience = deadline - began + PATIENCE_SECONDS
            reply = await self._ask(patience)
            self.accepted.append(reply["id"])
            if self.dice.random() < 0.15:
                await asyncio.sleep(self.dice.uniform(0, 1))
                await persistently(partial(self._cancel, reply), seconds=patience)
            await self.socket.until_ended(reply["id"], seconds=patience)
            self.slowest = max(self.slowest, time.monotonic() - began)

    async def _ask(self, patience: float) -> dict[str, Any]:
        config = {"n": self.dice.choice([1, 1, 1, 2]), "stream": self.dice.random() < 0.8}
        return await self.person.ask_until_accepted("chaos", seconds=patience, config=config)

    async def _cancel(self, reply: dict[str, Any]) -> None:
        expect(await self.person.http.post(f"/replies/{reply['id']}/cancel"), 200)

    async def check(self) -> None:
        """Nothing lost, and nothing shown that is not stored."""
        assert self.socket.complaints == [], self.socket.complaints[:3]
        for reply_id in self.accepted:
            stored = await persistently(partial(self.person.reply, reply_id))
            assert stored["status"] in TERMINAL, stored
            assert stored == self.socket.ended[reply_id]


async def run(seconds: float, seed: int) -> Counter[str]:
    """Raises AssertionError for anything lost, doubled, or shown and not stored."""
    counts: Counter[str] = Counter()
    # Nobody has to sign in again before the end.
    tokens = str(int(seconds) + 7200)
    with Stack(workers=3, ACCESS_TOKEN_SECONDS=tokens) as stack:
        async with AsyncExitStack() as exits:
            members = [await _member(exits, stack, seed + number) for number in range(PEOPLE)]
            deadline = time.monotonic() + seconds
            async with asyncio.TaskGroup() as living:  # the first that fails ends all
                striking = living.create_task(_strike_until(deadline, stack, random.Random(seed)))
                for member in members:
                    living.create_task(member.live_until(deadline))
            counts.update(striking.result())
            stack.wait_until_ready()
            for member in members:
                await member.check()
                used = (await persistently(member.person.quota))["used"]
                assert used == invariants.slots(stack, member.person.id), member.person.id
        counts.update(invariants.check(stack))
        invariants.check_one_each(stack, [reply for m in members for reply in m.accepted])
        counts["model calls"] = stack.model_stats()["received"]
        counts["sockets opened again"] = sum(m.socket.connections - 1 for m in members)
        counts["gaps asked about"] = sum(m.socket.missed for m in members)
        counts["seconds from the question to the end, at most"] = round(
            max(m.slowest for m in members)
        )
    return counts


async def _member(exits: AsyncExitStack, stack: Stack, seed: int) -> Member:
    person = await exits.enter_async_context(Person(stack.url))
    socket = await exits.enter_async_context(person.recorder())
    return Member(person, socket, random.Random(seed))


async def _strike_until(deadline: float, stack: Stack, dice: random.Random) -> Counter[str]:
    struck: Counter[str] = Counter()
    while time.monotonic() < deadline:
        stack.model(
            tokens=dice.randint(5, 80),
            tokens_per_second=40,
            first_token_ms=dice.choice([20, 300]),
            fault=dice.choice(MODEL_FAULTS),
            fault_after=dice.randint(0, 20),
            fault_probability=0.2,
        )
        fault = dice.choice(STRIKES)
        await fault.strike(stack)
        struck[fault.name] += 1
        await asyncio.sleep(dice.uniform(0.2, 2))
    stack.model(fault="none")
    return struck


if __name__ == "__main__":
    length = float(os.environ.get("SECONDS", "60"))
    chosen = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    sys.stdout.write(f"chaos for {length:g} s, SEED={chosen}\n")
    for name, count in asyncio.run(run(length, chosen)).items():
        sys.stdout.write(f"{count:7} {name}\n")
    sys.stdout.write("0 lost, 0 doubled, 0 slots off\n")
