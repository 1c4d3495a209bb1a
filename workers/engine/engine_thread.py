"""The engine of this process on a thread with an event loop of its own, called from Celery's."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import UUID

import uvloop
from django.conf import settings

from .engine import Engine
from .registration import Registration

Result = TypeVar("Result")
# An event loop that takes longer to come round counts as stuck: members see no text meanwhile.
ANSWER_SECONDS = 1.0


class EngineThread:
    """One for a worker process. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()
        self._engine = self._call(_made()).result()
        self._drained: Future[None] | None = None

    def start(self) -> None:
        """Returns once the engine has tried to register."""
        self._call(self._engine.start()).result()

    @property
    def registration(self) -> Registration:
        """To be read only."""
        return self._engine.registration

    def answers(self) -> bool:
        """Whether its event loop comes round within ANSWER_SECONDS."""
        asked = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop)
        try:
            asked.result(ANSWER_SECONDS)
        except TimeoutError:
            return False
        return True

    def has_room(self) -> bool:
        return self._engine.running.room > 0

    def wake(self, *reply_ids: UUID) -> None:
        """Has queued replies claimed and run; returns at once."""
        self._loop.call_soon_threadsafe(self._engine.running.wake, *reply_ids)

    def begin_drain(self) -> None:
        """Returns at once; repeating it changes nothing. It ends within WORKER_DRAIN_SECONDS."""
        if self._drained is None:
            self._drained = self._call(self._engine.drain(settings.WORKER_DRAIN_SECONDS))

    def stop(self) -> None:
        """Waits for the drain, then ends the thread."""
        self.begin_drain()
        if self._drained is not None:
            self._drained.result()
        self._call(self._engine.stop()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _call(self, coroutine: Coroutine[Any, Any, Result]) -> "Future[Result]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


async def _made() -> Engine:
    return Engine(capacity=settings.WORKER_CONCURRENCY)


_current: EngineThread | None = None


def start() -> None:
    global _current
    _current = EngineThread()
    _current.start()


def is_started() -> bool:
    return _current is not None


def current() -> EngineThread:
    """Raises RuntimeError in a process that is no worker."""
    if _current is None:
        raise RuntimeError("The engine runs in worker processes only.")
    return _current
