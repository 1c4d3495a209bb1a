"""`make rolling`: every process is restarted, one after another, while members go on.

Started as docker-compose.yml says, with its timings. Prints what was measured as one line of JSON.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from support.processes import invariants

from .deployment import Deployment, Replica
from .members import Member

PEOPLE = 50


async def restart(deployment: Deployment, replica: Replica) -> None:
    """As an engine does: the name leads to a container as long as that runs, ready or not."""
    await asyncio.to_thread(replica.stop)
    deployment.rename(without=replica)
    replica.start()
    deployment.rename()
    await asyncio.to_thread(replica.until_well)


async def roll(deployment: Deployment, *, people: int, rest_seconds: float) -> dict[str, Any]:
    """Restarts everything of ours while so many members ask. Fails where something was lost."""
    members = [Member(deployment.url, deployment.trust, number) for number in range(people)]
    steps: dict[str, float] = {}
    over = asyncio.Event()
    async with AsyncExitStack() as here:
        await asyncio.gather(*(here.enter_async_context(m.person) for m in members))
        await asyncio.gather(*(here.enter_async_context(m.socket) for m in members))
        lives = [asyncio.ensure_future(member.live(over)) for member in members]
        await asyncio.sleep(rest_seconds)
        for replica in deployment.all_replicas:
            began = time.monotonic()
            await restart(deployment, replica)
            steps[replica.name] = round(time.monotonic() - began, 2)
            await asyncio.sleep(rest_seconds)
        over.set()
        ended = await asyncio.gather(*lives, return_exceptions=True)
    failures = [repr(outcome) for outcome in ended if isinstance(outcome, BaseException)]
    return _figures(deployment, members, steps, failures)


def _figures(
    deployment: Deployment, members: list[Member], steps: dict[str, float], failures: list[str]
) -> dict[str, Any]:
    accepted = [reply for member in members for reply in member.accepted]
    counts = invariants.check(deployment, accepted)
    gaps = [gap for member in members for gap in member.socket.gaps]
    return {
        "members": len(members),
        "accepted": len(accepted),
        "completed": counts["completed"],
        "errors": failures + [error for member in members for error in member.errors],
        "complaints": [said for member in members for said in member.socket.complaints],
        "tried_again": dict(sum((member.tried_again for member in members), Counter())),
        "rescued": counts["rescues"],
        "sockets_lost": len(gaps),
        "socket_back_seconds": _spread(gaps),
        "accept_seconds": _spread([s for member in members for s in member.accept_seconds]),
        "answer_seconds": _spread([s for member in members for s in member.answer_seconds]),
        "restart_seconds": steps,
    }


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"median": round(statistics.median(values), 3), "max": round(max(values), 3)}


def main() -> int:
    with Deployment(AUTH_THROTTLES="off") as deployment:
        figures = asyncio.run(roll(deployment, people=PEOPLE, rest_seconds=3))
    sys.stdout.write(f"{json.dumps(figures)}\n")
    lost = figures["accepted"] - figures["completed"]
    return 1 if lost or figures["errors"] or figures["complaints"] else 0


if __name__ == "__main__":
    sys.exit(main())
