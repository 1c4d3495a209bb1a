"""Time to the first token, and the delay of every token, through Malgil and past it.

Pairs of the same request: one straight to the model, one through the API to a WebSocket. The model
waits 100 ms before its first token, and each token is the moment at which it was sent.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass

import aiohttp
import orjson

from .harness import processes
from .harness.figures import report, spread
from .harness.member import Member

FIRST_TOKEN_MS = 100
MESSAGE = "What time is it?"
_WARM_UP = 3


@dataclass(frozen=True)
class Sample:
    """In milliseconds; the first three since the request was sent."""

    accepted: float
    asked: float  # when the model had the request
    first: float
    token_delays: list[float]


async def direct(http: aiohttp.ClientSession, model_url: str) -> Sample:
    body = {
        "model": "malgil-demo",
        "messages": [{"role": "user", "content": MESSAGE}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    first, delays = 0.0, []
    began = time.time()
    async with http.post(f"{model_url}/v1/chat/completions", json=body) as answer:
        async for line in answer.content:
            if not line.startswith(b"data: {"):
                continue
            now = time.time()
            for choice in orjson.loads(line[6:])["choices"]:
                if text := choice["delta"].get("content"):
                    first = first or now
                    delays += _delays(now, text)
    asked = await _asked_at(http, model_url)
    return Sample(0.0, (asked - began) * 1000, (first - began) * 1000, delays)


async def through(member: Member, http: aiohttp.ClientSession, model_url: str) -> Sample:
    conversation = await member.begin()
    began = time.time()
    watched = await member.ask(conversation, MESSAGE)
    accepted = time.time()
    await asyncio.wait_for(watched.news.wait(), 60)
    if complaints := watched.complaints():
        raise SystemExit(f"A reply went wrong: {complaints}")
    delays = [delay for now, text in watched.deltas for delay in _delays(now, text)]
    asked, first = await _asked_at(http, model_url), watched.deltas[0][0]
    accepted, asked, first = ((moment - began) * 1000 for moment in (accepted, asked, first))
    return Sample(accepted, asked, first, delays)


async def _asked_at(http: aiohttp.ClientSession, model_url: str) -> float:
    """When the model got its last request."""
    async with http.get(f"{model_url}/control/requests") as answer:
        return float((await answer.json())[-1]["received_at"])


def _delays(now: float, text: str) -> list[float]:
    """Of the tokens in the text, each a moment in microseconds since the epoch."""
    return [now * 1000 - int(stamp) / 1000 for stamp in text.split()]


async def measure(url: str, model_url: str, pairs: int) -> dict[str, object]:
    straight, malgil = [], []
    async with aiohttp.ClientSession() as http, Member(url, http) as member:
        for number in range(_WARM_UP + pairs):
            one = await direct(http, model_url)
            other = await through(member, http, model_url)
            if number >= _WARM_UP:
                straight.append(one)
                malgil.append(other)
    added = [other.first - one.first for one, other in zip(straight, malgil, strict=True)]
    return {
        "pairs": pairs,
        "first_token_direct_ms": spread([sample.first for sample in straight]),
        "first_token_malgil_ms": spread([sample.first for sample in malgil]),
        "added_ms": spread(added),
        "until_accepted_ms": spread([sample.accepted for sample in malgil]),
        "until_the_model_is_asked_ms": spread([sample.asked for sample in malgil]),
        "token_delay_direct_ms": spread([d for sample in straight for d in sample.token_delays]),
        "token_delay_malgil_ms": spread([d for sample in malgil for d in sample.token_delays]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=40, help="of each answer")
    parser.add_argument("--rate", type=int, default=50, help="tokens per second")
    asked = parser.parse_args()
    flags = ("--first-token-ms", str(FIRST_TOKEN_MS), "--stamp", "--tokens", str(asked.tokens))
    with (
        processes.folder() as folder,
        processes.model(*flags, "--tokens-per-second", str(asked.rate), "--record", "1") as model,
        processes.malgil(folder, model_url=model) as url,
    ):
        figures = asyncio.run(measure(url, model, asked.pairs))
    report("latency", figures)


if __name__ == "__main__":
    main()
