"""What every worker looks after each tick: its own heartbeat, the dead, and what waits.

There is no scheduler to lose: whoever lives does this. An idle worker asks one statement a tick.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings

from chat import events, replies, threads
from chat.models import Reply

from . import liveness
from .persisting import AWAY, persist

if TYPE_CHECKING:
    from .engine import Engine

log = structlog.get_logger(__name__)
# At most so many from the table at once, so that a worker that comes first leaves some to others.
LOOK_BATCH = 200


class Watch:
    def __init__(self, engine: "Engine") -> None:
        self.worker: UUID | None = None
        self._engine = engine

    async def run(self) -> None:
        while True:
            try:
                await self._tick()
            except AWAY as error:
                log.warning("watch.database_away", error=type(error).__name__)
            except Exception:  # whatever it was, the heart must go on beating
                log.exception("watch.broke")
            await asyncio.sleep(settings.WORKER_TICK_SECONDS)

    async def end(self) -> None:
        """Leaves in order, so that nobody has to wait for a lease."""
        if self.worker is not None:
            try:
                await threads.run(liveness.deregister, self.worker)
            except AWAY:
                log.warning("watch.not_deregistered")

    async def _tick(self) -> None:
        if self.worker is None:
            self.worker = await threads.run(liveness.register)
            log.info("worker.registered", worker=str(self.worker))
        beat = partial(liveness.beat, self.worker, running=self._engine.running)
        pulse = await threads.run(beat)
        if not pulse.alive:
            await self._start_over()
            return
        if pulse.orphans:
            await self._rescue()
        if (pulse.due or pulse.orphans) and self._engine.room:
            await self._take_due()

    async def _start_over(self) -> None:
        log.warning("worker.declared_dead", worker=str(self.worker), running=self._engine.running)
        self._engine.drop_all()
        self.worker = await threads.run(liveness.register)

    async def _rescue(self) -> None:
        taken = await threads.run(liveness.rescue)
        for reply in taken:
            log.warning("reply.rescued", reply=str(reply.id), attempt=reply.attempt)
        told = await persist(partial(_told, taken))
        self._engine.live.tell(told)

    async def _take_due(self) -> None:
        assert self.worker is not None
        limit = min(self._engine.room, LOOK_BATCH)
        claim = partial(replies.claim_due, worker=self.worker, limit=limit)
        for reply in await threads.run(claim):
            self._engine.spawn(reply)


def _told(taken: list[Reply]) -> list[events.Event]:
    return [event for reply in taken for event in events.after_change(reply)]
