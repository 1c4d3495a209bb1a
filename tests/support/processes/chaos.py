"""Random faults for as long as asked: `make chaos SECONDS=600 SEED=7`.

Members ask, cancel and go on in a closed loop while processes are killed under them. The seed is
printed, and decides which faults strike and what is asked (when they meet is up to the machine).
In the end everything that was accepted must have ended once, as it was seen, with its slot.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from . import faults, invariants
from .crowd import persistently
from .person import TERMINAL, Person, Recorder
from .stack import Stack

PEOPLE = 20
STRIKES = [fault for fault in faults.FAULTS if fault.model is None]
MODEL_FAULTS = ("none", "status", "stall", "cut", "garbage", "error", "no_finish")


class Member:
    """One person who keeps asking."""

    def __init__(self, person: Person, socket: Recorder, dice: random.Random) -> None:
        self.person = person
        self.socket = socket
        self.dice = dice
        self.accepted: list[str] = []

    async def live_until(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            reply = await self._ask()
            self.accepted.append(reply["id"])
            if self.dice.random() < 0.15:
                await asyncio.sleep(self.dice.uniform(0, 1))
                await persistently(lambda r=reply: self._cancel(r))
            await self.socket.until_ended(reply["id"], seconds=90)

    async def _ask(self) -> dict[str, Any]:
        config = {"n": self.dice.choice([1, 1, 1, 2]), "stream": self.dice.random() < 0.8}
        conversation = await persistently(lambda: self.person.begin(config=config), seconds=60)
        return await persistently(
            lambda: self.person.ask(conversation, f"chaos {conversation}", key=conversation),
            seconds=60,
        )

    async def _cancel(self, reply: dict[str, Any]) -> None:
        answer = await self.person.http.post(f"/replies/{reply['id']}/cancel")
        assert answer.status_code == 200, answer.text


async def run(seconds: float, seed: int) -> Counter[str]:
    """Raises AssertionError for anything lost, doubled, or shown and not stored."""
    counts: Counter[str] = Counter()
    with Stack(workers=3) as stack:
        async with AsyncExitStack() as exits:
            members = [await _member(exits, stack, seed + number) for number in range(PEOPLE)]
            deadline = time.monotonic() + seconds
            living = [asyncio.ensure_future(member.live_until(deadline)) for member in members]
            counts.update(await _strike_until(deadline, stack, random.Random(seed)))
            await asyncio.gather(*living)
            stack.wait_until_ready()
            for member in members:
                await _check(member)
        counts.update(invariants.check(stack))
        counts["model calls"] = stack.model_stats()["received"]
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


async def _check(member: Member) -> None:
    assert member.socket.complaints == [], member.socket.complaints[:3]
    for reply_id in member.accepted:
        stored = await member.person.reply(reply_id)
        assert stored["status"] in TERMINAL, stored
        assert stored == member.socket.ended[reply_id]


if __name__ == "__main__":
    length = float(os.environ.get("SECONDS", "60"))
    chosen = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    sys.stdout.write(f"chaos for {length:g} s, SEED={chosen}\n")
    for name, count in asyncio.run(run(length, chosen)).items():
        sys.stdout.write(f"{count:7} {name}\n")
    sys.stdout.write("0 lost, 0 doubled, 0 slots off\n")
