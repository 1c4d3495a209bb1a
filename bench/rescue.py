"""How soon a reply runs again after its worker was killed with -9, all timings as they come.

Two workers run replies; the one that runs more of them is killed. A reply runs again when its
member's socket says so. Then a new worker takes the killed one's place.
"""

import argparse
import asyncio
import os
import signal
import time
from contextlib import ExitStack
from typing import Any

import orjson
import psycopg
import uvloop

from .harness import stack as stacks
from .harness import watcher
from .harness.figures import report, spread
from .harness.stack import BenchMember, Stack
from .harness.wire import Http

# Longer than anybody waits for a rescue.
MODEL = ("--tokens", "3000", "--tokens-per-second", "50", "--record", "0")
_LONGEST_SECONDS = 60
_RUNNING = """
SELECT w.pid, array_agg(r.id::text) FROM chat_reply r JOIN workers_worker w ON w.id = r.worker
WHERE r.status = 'in_progress' GROUP BY w.pid ORDER BY count(*) DESC
"""
# Those that may judge others: they have beaten for a lease, 5 s, without a gap.
_STEADY = """
SELECT count(*) FROM workers_worker WHERE beat_at > clock_timestamp() - interval '2 s'
    AND steady_since < clock_timestamp() - interval '6 s'
"""


class Listener:
    """Hears of a member's replies when each of their attempts began."""

    def __init__(self, stack: Stack, member: BenchMember) -> None:
        self._stack = stack
        self._member = member
        self._http = Http(stack.api)
        self._began: dict[tuple[str, int], asyncio.Future[float]] = {}

    async def arrive(self) -> None:
        await watcher.open_socket(self._stack, self._http, self._member, self._hear)

    async def ask(self, conversation: str) -> str:
        path = f"/api/v1/conversations/{conversation}/replies"
        body = b'{"message":"Tell me everything."}'
        reply = orjson.loads(await self._http.call("POST", path, body, token=self._member.access))
        return str(reply["id"])

    async def cancel(self, reply: str) -> None:
        path = f"/api/v1/replies/{reply}/cancel"
        await self._http.call("POST", path, token=self._member.access)

    async def began(self, reply: str, *, attempt: int) -> float:
        return await asyncio.wait_for(self._moment(reply, attempt), _LONGEST_SECONDS)

    def _moment(self, reply: str, attempt: int) -> asyncio.Future[float]:
        future = asyncio.get_running_loop().create_future()
        return self._began.setdefault((reply, attempt), future)

    def _hear(self, data: bytes, now: float) -> None:
        if data.startswith(b'{"type":"reply.updated"'):
            reply = orjson.loads(data)["reply"]
            if reply["status"] == "in_progress":
                moment = self._moment(reply["id"], reply["attempt"])
                if not moment.done():
                    moment.set_result(now / 1e6)


async def one_round(
    stack: Stack, listener: Listener, database: psycopg.Connection, conversations: list[str]
) -> tuple[str, list[float]]:
    """Which worker was killed, and after how many seconds each of its replies ran again."""
    replies = [await listener.ask(conversation) for conversation in conversations]
    await asyncio.gather(*(listener.began(reply, attempt=1) for reply in replies))
    running = database.execute(_RUNNING).fetchall()
    victim, theirs = running[0]
    name = next(name for name, pid in stack.pids.items() if pid == victim)
    os.kill(victim, signal.SIGKILL)
    killed = time.time()
    again = await asyncio.gather(*(listener.began(reply, attempt=2) for reply in theirs))
    for reply in replies:
        await listener.cancel(reply)
    return name, [moment - killed for moment in again]


async def two_steady_workers(database: psycopg.Connection) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while database.execute(_STEADY).fetchall()[0][0] != 2:
        if time.monotonic() > deadline:
            raise SystemExit("The second worker does not beat.")
        await asyncio.sleep(0.2)


async def measure(stack: Stack, kills: int, replies: int, workers: ExitStack) -> dict[str, Any]:
    [member] = stack.members(1, conversations=kills * replies)
    listener = Listener(stack, member)
    await listener.arrive()
    name, rounds = "worker2", []
    with stack.database() as database:
        for number in range(kills):
            workers.enter_context(stacks.started_worker(stack, name))
            await two_steady_workers(database)
            some = member.conversations[number * replies : (number + 1) * replies]
            name, seconds = await one_round(stack, listener, database, some)
            rounds.append(seconds)
    return {
        "kills": kills,
        "replies_at_once": replies,
        "rescued": sum(len(seconds) for seconds in rounds),
        "seconds": spread([one for seconds in rounds for one in seconds]),
        "last_of_each_kill_seconds": [round(max(seconds), 2) for seconds in rounds],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rescue", description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--replies", type=int, default=10, help="that run when one is killed")
    asked = parser.parse_args()
    with stacks.running(*MODEL) as stack, ExitStack() as workers:
        figures = uvloop.run(measure(stack, asked.kills, asked.replies, workers))
    report("rescue", figures)


if __name__ == "__main__":
    main()
