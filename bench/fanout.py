"""What an event costs a server process on its way from Redis to sockets, in microseconds of CPU.

One process listens as `ws` does, with real Redis, the channel layer and the consumers' subscribers;
only the sockets' transports are left out. Another one publishes deltas, in bursts and one by one.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from config.embedded.redis import EmbeddedRedis

from .harness.figures import report

MEMBER, REPLY = UUID(int=1), UUID(int=2)
_PAUSE_SECONDS = 0.002


class Transport:
    """A socket that takes everything; counts for all of them."""

    written = 0

    def is_free(self) -> bool:
        return True

    def write(self, frame: bytes) -> None:
        Transport.written += 1


def publish(count: int, burst: int) -> None:
    from redis import Redis

    from chat.events import publisher
    from chat.events.event import Event

    frame = (
        f'{{"type":"reply.delta","reply":"{REPLY}","conversation":"{REPLY}","text":"some words"}}'
    )
    with Redis.from_url(os.environ["REDIS_URL"]) as client:
        for first in range(1, count + 1, burst):
            pipeline = client.pipeline(transaction=False)
            for seq in range(first, first + burst):
                event = Event(
                    member=str(MEMBER),
                    kind="reply.delta",
                    frame=frame,
                    reply=str(REPLY),
                    attempt=1,
                    seq=seq,
                )
                publisher.add_to(pipeline, [event])
            pipeline.execute()
            time.sleep(_PAUSE_SECONDS)


async def listen(sockets: int, count: int, burst: int) -> float:
    from chat.events import messages
    from chat.live import channel_layer
    from chat.live.websocket_consumer import MemberConsumer

    layer, consumers = channel_layer.current(), [MemberConsumer() for _ in range(sockets)]
    for consumer in consumers:
        consumer.direct = Transport()
        channel = await layer.new_channel()
        layer.hand_on(channel, consumer.subscriber.on_events)
        await layer.group_add(messages.member_group(MEMBER), channel)
    Transport.written = 0
    asked = ["--publish", "--count", str(count), "--burst", str(burst)]
    publishing = subprocess.Popen([sys.executable, "-m", "bench.fanout", *asked])  # noqa: ASYNC220
    # An asyncio.Event would be part of what is measured.
    while Transport.written == 0:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    before, cpu = Transport.written, time.process_time()
    while Transport.written < count * sockets:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    spent = time.process_time() - cpu
    await asyncio.to_thread(publishing.wait)
    await layer.flush()
    return spent / ((Transport.written - before) / sockets) * 1e6


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    figures = {}
    for sockets in asked.sockets:
        for name, burst in (("in bursts of 100", 100), ("one by one", 1)):
            count = asked.count if burst > 1 else asked.count // 10
            runs = [uvloop.run(listen(sockets, count, burst)) for _ in range(asked.runs)]
            figures[f"{sockets} sockets, {name}"] = [round(run, 1) for run in sorted(runs)]
    return {"us_of_cpu_per_event": figures}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=[1, 20], help="of one member")
    parser.add_argument("--count", type=int, default=20_000, help="events of a run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--burst", type=int, default=100, help=argparse.SUPPRESS)
    parser.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", secrets.token_hex())
    if asked.publish:
        django.setup()
        publish(asked.count, asked.burst)
        return
    with tempfile.TemporaryDirectory() as folder, EmbeddedRedis(Path(folder)) as redis:
        os.environ |= {"DATA_DIR": folder, "REDIS_URL": redis.url}
        django.setup()
        found = measure(asked)
    report("fanout", found)


if __name__ == "__main__":
    main()
