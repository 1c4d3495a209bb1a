"""Worker to browser: text goes to Redis and to the sockets in one round trip per tick.

The first delta after a quiet moment leaves at once. After that a tick collects what came, shorter
while little runs and up to `MAX_TICK_SECONDS` under load, where one round trip carries the text of
every reply. Redis away costs deltas, which the sockets replace by a snapshot, but never text: that
is here, and is written again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.conf import settings
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from api.redis import async_client
from chat.events import publisher
from chat.events.event import Event
from workers import metrics

from .live_batch import SCRIPT, LiveBatch
from .live_text import LiveText

log = structlog.get_logger(__name__)
MAX_TICK_SECONDS = 0.04
TICK_SECONDS_PER_TEXT = 0.0006


@dataclass(frozen=True)
class _End:
    text: LiveText


class LiveWriter:
    """One for a process. Everything that is told goes out in the order in which it was told."""

    def __init__(self) -> None:
        self._redis = async_client()
        self._script = self._redis.register_script(SCRIPT)
        self._waiting: list[LiveText | Event | _End] = []
        # Those that stand in `_waiting`, each once, and still have something to write.
        self._news: set[LiveText] = set()
        self._open: set[LiveText] = set()
        self._wanted = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._task = asyncio.ensure_future(self._run())

    def begin(self, text: LiveText) -> None:
        self._open.add(text)

    def wrote(self, text: LiveText) -> None:
        """The text has news."""
        if text not in self._news:
            self._news.add(text)
            self._waiting.append(text)
            self._wanted.set()

    def tell(self, told: Iterable[Event]) -> None:
        self._waiting.extend(told)
        self._wanted.set()

    def number_pending(self, text: LiveText) -> None:
        """Numbers what is pending, so that `text.seq` is the last one. Nothing is sent yet."""
        self.tell(text.number())

    def drop(self, text: LiveText) -> None:
        """Forgets the attempt; somebody else's counts."""
        self._open.discard(text)
        self._news.discard(text)

    def end(self, text: LiveText, told: Iterable[Event]) -> None:
        """Tells of the attempt's end, after all of its text, and removes the snapshot."""
        self._open.discard(text)
        self.tell(told)
        self._waiting.append(_End(text))

    async def close(self) -> None:
        """Sends what waits, as far as Redis takes it at once."""
        await self._flush()
        # Not while it talks to Redis: Python 3.11's wait_for, which redis-py uses, may swallow a
        # cancellation (https://github.com/python/cpython/issues/81839).
        async with self._flushing:
            self._task.cancel()
        await asyncio.wait([self._task])
        await self._redis.aclose()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            pause = min(MAX_TICK_SECONDS, TICK_SECONDS_PER_TEXT * len(self._open))
            if not await self._flush():
                pause = settings.REDIS_TIMEOUT_SECONDS
            await asyncio.sleep(pause)

    async def _flush(self) -> bool:
        """One at a time, since a second connection might overtake the first.

        What Redis does not take is not sent again: sockets find it in the tables, and the texts
        are written anew. So nothing piles up while Redis is away.
        """
        async with self._flushing:
            tick = self._take()
            try:
                lost = await tick.send()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("live.unsent", error=type(error).__name__)
                lost = tick.texts
            except Exception:  # one tick is lost; the next ones must go out
                log.exception("live.broke")
                lost = tick.texts
            else:
                tick.sent = True
            if not tick.sent:
                metrics.lost()
            for text in self._open.intersection(lost):
                text.mark_for_rewrite()
                self.wrote(text)
        return tick.sent

    def _take(self) -> "_Tick":
        waiting, self._waiting = self._waiting, []
        news, self._news = self._news, set()
        tick = _Tick(self._script)
        for item in waiting:
            if not isinstance(item, LiveText) or item in news:
                tick.add(item)
        return tick


class _Tick:
    """What one round trip carries: the snapshots' writes, and the events that they make true."""

    def __init__(self, script: AsyncScript) -> None:
        self.texts: list[LiveText] = []
        self.sent = False
        self._script = script
        self._events: list[Event] = []
        self._ended: list[LiveText] = []

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
        batch = LiveBatch()
        writer = {place: text for text in self.texts for place in text.write_to(batch)}
        for text in self._ended:
            text.clear_from(batch)
        publisher.add_to(batch, self._events)
        if not batch:
            return []
        unexpected = await self._script(keys=batch.keys(), args=batch.args())
        metrics.sent(self._events)
        return [writer[place] for place in unexpected]
