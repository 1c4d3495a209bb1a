"""How soon clients that wait hear of an end: long-polling requests, and event streams.

All of them wait for one reply, so all are to be answered at the same moment: the hardest case. The
end is the reply's `finished_at`, which the worker took before it was stored.
"""

import argparse
import asyncio
import time
from datetime import datetime

import aiohttp
import orjson

from .harness import processes
from .harness.figures import report, spread
from .harness.member import Member


async def long_poll(http: aiohttp.ClientSession, address: str, headers: dict[str, str]) -> float:
    """When it was answered."""
    async with http.get(address, headers=headers | {"Prefer": "wait=60"}) as answer:
        body = orjson.loads(await answer.read())
        if answer.status != 200 or body["status"] != "completed":
            raise SystemExit(f"A wait was answered {answer.status}: {body}")
        return time.time()


async def event_stream(http: aiohttp.ClientSession, address: str, headers: dict[str, str]) -> float:
    """When its last event came."""
    ended = 0.0
    async with http.get(f"{address}/events", headers=headers) as answer:
        async for line in answer.content:
            if line.startswith(b"event: reply.updated"):
                ended = time.time()
    return ended


async def one_round(
    member: Member, http: aiohttp.ClientSession, url: str, clients: int
) -> dict[str, list[float]]:
    figures = {}
    for name, follow in (("long_poll", long_poll), ("event_stream", event_stream)):
        watched = await member.ask(await member.begin(), "Wait for me")
        address = f"{url}/api/v1/replies/{watched.reply}"
        tasks = [
            asyncio.ensure_future(follow(http, address, member.headers)) for _ in range(clients)
        ]
        await asyncio.wait_for(watched.news.wait(), 60)
        answered = await asyncio.gather(*tasks)
        assert watched.ended is not None
        ended_at = datetime.fromisoformat(watched.ended["finished_at"]).timestamp()
        figures[f"{name}_woken_after_ms"] = [(at - ended_at) * 1000 for at in answered]
    return figures


async def measure(url: str, clients: int, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http, Member(url, http) as member:
        for _ in range(rounds):
            measured = await one_round(member, http, url, clients)
            for name, values in measured.items():
                found.setdefault(name, []).extend(values)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.waiting", description=__doc__)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    flags = ("--first-token-ms", "100", "--tokens", "60", "--tokens-per-second", "10")
    with (
        processes.folder() as folder,
        processes.model(*flags) as model,
        processes.malgil(folder, model_url=model) as url,
    ):
        found = asyncio.run(measure(url, asked.clients, asked.rounds))
    figures = {name: spread(values) for name, values in found.items()}
    report("waiting", {"clients": asked.clients, "rounds": asked.rounds} | figures)


if __name__ == "__main__":
    main()
