"""What it gains to use private parts of libraries: each way and the documented one, in turn.

One process, PostgreSQL and Redis; microseconds of CPU of all three. How often something happens in
an answer was counted by hand. What stays, and why: docs/private-uses.md.
"""

import argparse
import asyncio
import os
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from .harness import processes
from .harness.figures import report
from .harness.stack import tree_cpu

# Of one answer at 100 members, and with 20 sockets of its member (docs/performance.md).
ANSWER_US, ANSWER_20_US = 15_300, 29_800
ROUNDS, SOCKETS, FRAMES = 5, 20, 64
_ENDING_SECONDS = 0.2
_HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT = '{"type":"reply.delta","seq":7,"text":"some words"}' + " " * 80
Work = Callable[[int], object]


def compare(
    private: Work, plain: Work, *, times: int, cpu: Callable[[], float], calls: int = 300
) -> dict[str, Any]:
    """`times` an answer; each is called so often in each round, and the medians are told."""
    found: dict[str, list[float]] = {"private_us": [], "plain_us": []}
    for work in (private, plain):
        work(calls // 10)
    for _ in range(ROUNDS):
        for name, work in (("private_us", private), ("plain_us", plain)):
            before = cpu()
            work(calls)
            found[name].append((cpu() - before) / calls * 1e6)
    medians = {name: round(statistics.median(values), 1) for name, values in found.items()}
    gain = (medians["plain_us"] - medians["private_us"]) * times
    return medians | {"times_per_answer": times, "gain_us_per_answer": round(gain)}


def repeated(call: Callable[[], object]) -> Work:
    def work(calls: int) -> None:
        for _ in range(calls):
            call()

    return work


def database(cpu: Callable[[], float]) -> Iterator[tuple[str, dict[str, Any]]]:
    from django.db import connection, transaction
    from django.db.backends.postgresql.base import DatabaseWrapper

    from accounts.credentials import authentication
    from accounts.models import Session
    from chat.exchange import context
    from chat.models import Reply
    from chat.replies import accept, accept_statements, lifecycle
    from chat.replies.reply_request import ReplyRequest
    from chat.resources import queries
    from config.management.commands.bench_members import new_member

    with transaction.atomic():
        made = new_member(1)
    member, conversation = UUID(made["id"]), UUID(made["conversations"][0])
    session = Session.objects.select_related("member").get(member=member)
    asked: list[tuple[str, Any, dict[str, Any]]] = [
        ("session", authentication._living_session, {"session": session.id}),
        ("accept", accept_statements._found, {"member": member, "key": "", "most": 10_000}),
        ("context", context._answered, {}),
        ("summary", queries._summary, {}),
    ]
    for name, prepared, given in asked:
        if name != "session":
            given["conversation"] = conversation
        plain = partial(_read, prepared._build, given)
        pair = repeated(partial(prepared.all, **given)), repeated(plain)
        yield f"prepared: {name}", compare(*pair, times=1, cpu=cpu)
    request = ReplyRequest(message="Hi")
    accept.accept(member=session.member, conversation_id=conversation, request=request)
    reply = Reply.objects.get(member=member)

    def kept() -> None:
        lifecycle.set_choices(reply, [])
        list(reply.choices.all())

    yield (
        "choices of an object",
        compare(
            repeated(kept),
            repeated(lambda: list(_choices(reply.id))),
            times=2,
            cpu=cpu,
        ),
    )
    usable = (
        repeated(connection.is_usable),
        repeated(partial(DatabaseWrapper.is_usable, connection)),
    )
    yield "is_usable", compare(*usable, times=4, cpu=cpu)


def _read(build: Callable[..., Any], given: dict[str, Any]) -> list[Any]:
    return list(build(**given))


def _choices(reply_id: UUID) -> Any:
    from chat.models import Choice

    return Choice.objects.filter(reply=reply_id).order_by("index")


def receipts(cpu: Callable[[], float]) -> dict[str, Any]:
    """Wake-ups fetched: as a worker does it, and with kombu's receipts."""
    from celery import current_app
    from kombu import Connection, Queue

    from workers.engine import wakeups

    broker = wakeups._Broker()
    options = current_app.conf.broker_transport_options

    def fetch(calls: int, *, no_ack: bool) -> float:
        for _ in range(calls):
            broker.send([UUID(int=1)])
        got: list[Any] = []
        with Connection(current_app.conf.broker_url, transport_options=options) as connection:
            channel = connection.channel()
            if no_ack:
                channel.qos.ack = lambda delivery_tag: None
            queue = Queue(wakeups.QUEUE, no_ack=no_ack)
            with connection.Consumer([queue], channel=channel) as consumer:
                consumer.register_callback(lambda body, message: got.append(message.ack()))
                before = cpu()
                while len(got) < calls:
                    connection.drain_events(timeout=5)
                return (cpu() - before) / calls * 1e6

    found: dict[str, Any] = {
        name: round(statistics.median(fetch(300, no_ack=no_ack) for _ in range(ROUNDS)), 1)
        for name, no_ack in (("private_us", True), ("plain_us", False))
    }
    gain = round(found["plain_us"] - found["private_us"])
    return found | {"times_per_answer": 1, "gain_us_per_answer": gain}


class _Transport(asyncio.Transport):
    """Takes all that is written."""

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


async def sockets() -> list[tuple[str, dict[str, Any]]]:
    import uvicorn
    from channels.consumer import AsyncConsumer, get_handler_name
    from channels.generic.websocket import AsyncWebsocketConsumer
    from uvicorn.server import ServerState

    from chat.live import websocket_frames
    from config.http.direct_frames import DirectFrames

    open_sockets: list[Any] = []
    all_open = asyncio.Event()

    class Consumer(AsyncWebsocketConsumer):  # type: ignore[misc]
        async def connect(self) -> None:
            await self.accept()
            open_sockets.append(self)
            if len(open_sockets) == SOCKETS:
                all_open.set()

        async def member_events(self, message: object) -> None:
            pass

    config = uvicorn.Config(
        Consumer.as_asgi(), ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    config.load()
    protocols = [DirectFrames(config, ServerState(), {}) for _ in range(SOCKETS)]
    for protocol in protocols:
        protocol.connection_made(_Transport())
        protocol.data_received(_HANDSHAKE)
    await all_open.wait()

    async def direct() -> None:
        frame = websocket_frames.encode(_TEXT)
        for protocol in protocols:
            if protocol.is_free():
                protocol.write(frame)

    async def by_asgi() -> None:
        for consumer in open_sockets:
            await consumer.send(text_data=_TEXT)

    message, consumer = {"type": "member.events"}, open_sockets[0]

    async def at_once() -> None:
        await getattr(consumer, get_handler_name(message))(message)

    channels = partial(AsyncConsumer.dispatch, consumer, message)
    found = [
        ("frames, 20 sockets", await _alternate(direct, by_asgi, times=FRAMES)),
        ("dispatch, 20 sockets", await _alternate(at_once, channels, times=SOCKETS)),
    ]
    for protocol in protocols:
        protocol.connection_lost(None)
    await asyncio.sleep(_ENDING_SECONDS)
    return found


async def _alternate(
    private: Callable[[], Awaitable[None]], plain: Callable[[], Awaitable[None]], *, times: int
) -> dict[str, Any]:
    medians: dict[str, float] = {}
    for name, call in (("private_us", private), ("plain_us", plain)) * 2:
        taken = []
        for _ in range(ROUNDS):
            before = time.process_time()
            for _ in range(500):
                await call()
            taken.append((time.process_time() - before) / 500 * 1e6)
        medians[name] = round(statistics.median(taken), 1)
    gain = (medians["plain_us"] - medians["private_us"]) * times
    return medians | {"times_per_answer": times, "gain_us_per_answer": round(gain)}


def run(folder: Path) -> dict[str, Any]:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_hex(32),
        "CHAT_MODELS": "malgil-demo",
        "CHAT_DAILY_LIMIT": "1000",
    }
    from config.embedded.postgres import EmbeddedPostgres
    from config.embedded.redis import EmbeddedRedis

    with EmbeddedPostgres(folder, durable=False) as postgres, EmbeddedRedis(folder) as redis:
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            found = dict(database(lambda: time.process_time() + tree_cpu(postgres.pid)))
            found["receipts"] = receipts(lambda: time.process_time() + tree_cpu(redis.pid))
        finally:
            connection.close()
    found |= dict(asyncio.run(sockets()))
    for name, one in found.items():
        answer = ANSWER_20_US if "20 sockets" in name else ANSWER_US
        one["percent_of_an_answer"] = round(one["gain_us_per_answer"] / answer * 100, 1)
    return found


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.private_uses", description=__doc__).parse_args()
    with processes.folder() as folder:
        report("private_uses", run(folder))


if __name__ == "__main__":
    main()
