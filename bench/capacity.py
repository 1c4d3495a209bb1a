"""One worker process holds many replies at once: as many members ask, each with a socket.

Each answer is watched on its member's socket, checked for gaps, and compared with what is stored.
"""

import argparse
import asyncio
import resource
import time
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from bench import processes
from bench.figures import report, spread
from bench.member import Member, Watched
from bench.processes import Malgil

FIRST_TOKEN_MS = 500
_PROCESSES = {"worker": "celery", "web": "uvicorn"}
# Argon2 takes a tenth of a gigabyte for each that signs up, and that is not what is measured.
_SIGN_UPS_AT_ONCE = 2
# What one server process takes without refusing any: it is the worker that is measured.
_REQUESTS_AT_ONCE = 16


async def measure(malgil: Malgil, model_url: str, replies: int) -> dict[str, Any]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=300)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        async with AsyncExitStack() as sockets:
            members = await _sign_up(malgil.url, http, sockets, replies)
            conversations = [await member.begin() for member in members]
            some = asyncio.Semaphore(_REQUESTS_AT_ONCE)
            before = {name: processes.used(malgil.pid(word)) for name, word in _PROCESSES.items()}
            began = time.time()
            asked = [
                _ask(member, conversation, some)
                for member, conversation in zip(members, conversations, strict=True)
            ]
            answers = await asyncio.gather(*asked)
            ended = time.time()
        async with http.get(f"{model_url}/control/stats") as stats:
            at_the_model = await stats.json()
    return {
        "replies": replies,
        "peak_in_flight_at_the_model": at_the_model["peak_running"],
        "calls_to_the_model": at_the_model["received"],
        "snapshots": sum(watched.snapshots for _, watched in answers),
        "complaints": [said for _, watched in answers for said in watched.complaints()],
        "seconds_in_all": round(ended - began, 1),
        "until_accepted_ms": spread([accepted * 1000 for accepted, _ in answers]),
        "token_delay_ms": spread([delay for _, watched in answers for delay in _delays(watched)]),
        **{name: _since(used, malgil.pid(_PROCESSES[name])) for name, used in before.items()},
    }


def _since(before: dict[str, float], pid: int) -> dict[str, float]:
    now = processes.used(pid)
    return now | {"cpu_seconds": round(now["cpu_seconds"] - before["cpu_seconds"], 1)}


async def _sign_up(
    url: str, http: aiohttp.ClientSession, sockets: AsyncExitStack, count: int
) -> list[Member]:
    some = asyncio.Semaphore(_SIGN_UPS_AT_ONCE)

    async def one() -> Member:
        async with some:
            return await sockets.enter_async_context(Member(url, http))

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def _ask(member: Member, conversation: str, some: asyncio.Semaphore) -> tuple[float, Watched]:
    """How long the accept took, and the reply when it has ended."""
    async with some:
        began = time.time()
        watched = await member.ask(conversation, "All at once, please.")
        accepted = time.time() - began
    await asyncio.wait_for(watched.news.wait(), 300)
    return accepted, watched


def _delays(watched: Watched) -> list[float]:
    return [
        now * 1000 - int(stamp) / 1000 for now, text in watched.deltas for stamp in text.split()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("--replies", type=int, default=500)
    parser.add_argument("--tokens", type=int, default=400, help="of each answer")
    parser.add_argument("--rate", type=int, default=10, help="tokens per second of each answer")
    asked = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 65_536)), hard))
    flags = ("--first-token-ms", str(FIRST_TOKEN_MS), "--stamp", "--tokens", str(asked.tokens))
    with (
        processes.folder() as folder,
        processes.model(*flags, "--tokens-per-second", str(asked.rate), "--record", "0") as model,
        processes.malgil(folder, model_url=model) as malgil,
    ):
        figures = asyncio.run(measure(malgil, model, asked.replies))
    report("capacity", figures)


if __name__ == "__main__":
    main()
