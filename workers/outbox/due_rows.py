"""Taking what is due from a table, as much at a time as there is room for, and handing it back."""

import asyncio
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import structlog

from api.threads import DATABASE_UNAVAILABLE

log = structlog.get_logger(__name__)
DueRow = TypeVar("DueRow")


class DueRows(ABC, Generic[DueRow]):
    """One of each subclass for a worker process and its event loop.

    A row is claimed for a lease, then `run` in a task of its own. `name` begins the names of the
    events in the log.
    """

    name: str

    def __init__(self) -> None:
        self._in_flight: dict[asyncio.Task[None], DueRow] = {}
        self._looking: asyncio.Task[None] | None = None
        self._takes = True

    @property
    @abstractmethod
    def room(self) -> int:
        """How many more rows may be claimed now."""

    @property
    @abstractmethod
    def grace_seconds(self) -> float:
        """How long running ones may take to end when the worker stops."""

    @abstractmethod
    async def claim(self, limit: int) -> list[DueRow]:
        """Takes at most `limit` due rows. Raises DATABASE_UNAVAILABLE."""

    @abstractmethod
    async def run(self, row: DueRow) -> None:
        """Sends it and stores what came of it; is cancelled when the worker cannot wait longer."""

    @abstractmethod
    async def hand_back(self, left: list[DueRow]) -> None:
        """Makes rows due again whose `run` was cancelled. Raises DATABASE_UNAVAILABLE."""

    def look(self) -> None:
        """Begins to take what is due; returns at once."""
        if self._takes and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look())

    def take_no_more(self) -> None:
        """Before a drain: what runs goes on, nothing new is claimed."""
        self._takes = False

    async def close(self) -> None:
        """Waits `grace_seconds` for what runs, then cancels and hands back the rest."""
        self.take_no_more()
        if self._looking is not None:
            await asyncio.wait([self._looking])
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=self.grace_seconds)
        await self._hand_back()

    async def _look(self) -> None:
        try:
            await self._take()
        except DATABASE_UNAVAILABLE as error:
            log.warning(f"{self.name}.database_away", error=type(error).__name__)
        except Exception:  # the next tick looks again
            log.exception(f"{self.name}.broke")

    async def _take(self) -> None:
        if self.room > 0:
            for row in await self.claim(self.room):
                task = asyncio.ensure_future(self.run(row))
                self._in_flight[task] = row
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._in_flight.pop(task)

    async def _hand_back(self) -> None:
        left = dict(self._in_flight)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            try:
                await self.hand_back(list(left.values()))
            except DATABASE_UNAVAILABLE:
                log.warning(f"{self.name}.not_handed_back", count=len(left))
