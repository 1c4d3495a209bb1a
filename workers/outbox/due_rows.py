"""What a worker does beside the replies: takes what is due from a table, some at a time."""

import asyncio
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import structlog

from api.threads import DATABASE_UNAVAILABLE

log = structlog.get_logger(__name__)
DueRow = TypeVar("DueRow")


class DueRows(ABC, Generic[DueRow]):
    """One of a kind for a worker process and its event loop; `name` is the kind's in the log."""

    name: str

    def __init__(self) -> None:
        self._flying: dict[asyncio.Task[None], DueRow] = {}
        self._looking: asyncio.Task[None] | None = None
        self._takes = True

    @property
    @abstractmethod
    def room(self) -> int:
        """How many more may be on their way."""

    @property
    @abstractmethod
    def grace_seconds(self) -> float:
        """How long those on their way may take when the worker stops."""

    @abstractmethod
    async def claim(self, limit: int) -> list[DueRow]: ...

    @abstractmethod
    async def run(self, row: DueRow) -> None: ...

    @abstractmethod
    async def hand_back(self, left: list[DueRow]) -> None: ...

    def look(self) -> None:
        """Begins to take what is due; returns at once."""
        if self._takes and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look())

    def take_no_more(self) -> None:
        self._takes = False

    async def close(self) -> None:
        """Waits a moment for what is on its way, then hands it back."""
        self.take_no_more()
        if self._looking is not None:
            await asyncio.wait([self._looking])
        if self._flying:
            await asyncio.wait(self._flying, timeout=self.grace_seconds)
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
                self._flying[task] = row
                task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task)

    async def _hand_back(self) -> None:
        left = dict(self._flying)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            try:
                await self.hand_back(list(left.values()))
            except DATABASE_UNAVAILABLE:
                log.warning(f"{self.name}.not_handed_back", count=len(left))
