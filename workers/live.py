"""Worker to browser: text goes to Redis and to the sockets in one pipeline per tick.

The first delta after a quiet moment leaves at once. After that a tick collects what came, shorter
while little runs and up to `MAX_TICK_SECONDS` under load, where one round trip carries the text of
every reply. Redis away costs deltas, which the sockets replace by a snapshot, but never text: that
is here, and is written again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chat import events
from chat.events import Event

from .live_text import LiveText

log = structlog.get_logger(__name__)
MAX_TICK_SECONDS = 0.03
TICK_SECONDS_PER_TEXT = 0.0003


@dataclass(frozen=True)
class _End:
    text: LiveText


class LiveWriter:
    """One for a process. Everything that is told goes out in the order in which it was told."""

    def __init__(self) -> None:
        self._redis: Redis = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        # A dict serves as an ordered set: a text stands in it once until it was flushed.
        self._waiting: dict[LiveText | Event | _End, None] = {}
        self._wanted = asyncio.Event()
        self._open = 0
        self._task = asyncio.ensure_future(self._run())

    def begin(self, text: LiveText) -> None:
        self._open += 1

    def wrote(self, text: LiveText) -> None:
        """The text has news."""
        if text not in self._waiting:
            self._waiting[text] = None
            self._wanted.set()

    def tell(self, told: Iterable[Event]) -> None:
        for event in told:
            self._waiting[event] = None
        self._wanted.set()

    def settle(self, text: LiveText) -> None:
        """Numbers what is pending, so that `text.seq` is the last one. Nothing is sent yet."""
        self.tell(text.number())

    def drop(self, text: LiveText) -> None:
        """Forgets the attempt; somebody else's counts."""
        self._open -= 1
        self._waiting.pop(text, None)

    def end(self, text: LiveText, told: Iterable[Event]) -> None:
        """Tells of the attempt's end, after all of its text, and removes the snapshot."""
        self._open -= 1
        self.tell(told)
        self._waiting[_End(text)] = None

    async def close(self) -> None:
        """Sends what waits, as far as Redis takes it within two tries."""
        for _ in range(2):
            if self._waiting:
                await self._flush()
        self._task.cancel()
        await self._redis.aclose()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._flush()
            await asyncio.sleep(min(MAX_TICK_SECONDS, TICK_SECONDS_PER_TEXT * self._open))

    async def _flush(self) -> None:
        waiting, self._waiting = list(self._waiting), {}
        batch = _Batch(self._redis.pipeline(transaction=True))
        for item in waiting:
            batch.add(item)
        try:
            lost = await batch.send()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("live.unsent", error=type(error).__name__, events=len(waiting))
            lost = batch.texts
            await asyncio.sleep(settings.REDIS_TIMEOUT_SECONDS)
        for text in lost:
            text.distrust()
            self.wrote(text)


class _Batch:
    """One pipeline: the snapshots' writes first, then the events they make true."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._events: list[Event] = []
        self._ended: list[LiveText] = []
        self.texts: list[LiveText] = []

    def add(self, item: LiveText | Event | _End) -> None:
        match item:
            case LiveText():
                self.texts.append(item)
                self._events += item.number()
            case _End(text):
                self._ended.append(text)
            case Event():
                self._events.append(item)

    async def send(self) -> list[LiveText]:
        """Returns the texts whose snapshot Redis has lost. Raises RedisError and OSError."""
        ended = set(self._ended)
        self.texts = [text for text in self.texts if text not in ended]
        checks = [(len(self._pipeline), text, text.write_to(self._pipeline)) for text in self.texts]
        for text in self._ended:
            text.clear_from(self._pipeline)
        events.add_to(self._pipeline, self._events)
        answers = await self._pipeline.execute()
        return [
            text
            for start, text, expected in checks
            if any(answers[start + offset] != length for offset, length in expected)
        ]
