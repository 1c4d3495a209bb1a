"""What every worker looks after each tick: its own heartbeat, the dead, and what waits.

There is no scheduler to lose: whoever lives does this. An idle worker asks one statement a tick.
"""

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.conf import settings

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from chat.events import publisher
from chat.models import Reply
from chat.replies import lifecycle
from workers import metrics
from workers.database_retry import retry_until_stored

from . import liveness
from .liveness import BeatResult

if TYPE_CHECKING:
    from .engine import Engine

log = structlog.get_logger(__name__)
# At most so many from the table at once, so that a worker that comes first leaves some to others.
LOOK_BATCH = 200


class Watch:
    def __init__(self, engine: "Engine") -> None:
        self.worker: UUID | None = None
        self._engine = engine
        self.beaten_at = 0.0  # by the monotonic clock
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(settings.WORKER_TICK_SECONDS)
            await self.tick()

    async def tick(self) -> None:
        """One beat. What it finds to do is done beside it, so that the next beat is in time."""
        try:
            result = await self._beat()
        except DATABASE_UNAVAILABLE as error:
            log.warning("watch.database_away", error=type(error).__name__)
            return
        except Exception:  # whatever it was, the heart must go on beating
            log.exception("watch.broke")
            return
        if not result.idle and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look(result))
        if result.deliveries:
            self._engine.sender.look()
        if result.mails:
            self._engine.mailer.look()

    async def end(self) -> None:
        """Leaves in order, so that nobody has to wait for a lease."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self.worker is not None:
            try:
                await threads.run_apart(liveness.deregister, self.worker)
            except DATABASE_UNAVAILABLE:
                log.warning("watch.not_deregistered")

    async def _beat(self) -> BeatResult:
        if self.worker is None:
            await self._register()
        assert self.worker is not None
        running = self._engine.running()
        model = self._engine.model.health.status
        result = await threads.run_apart(liveness.beat, self.worker, running=running, model=model)
        self.beaten_at = time.monotonic()
        metrics.RUNNING.set(len(running))
        if not result.alive:
            log.warning("worker.declared_dead", worker=str(self.worker), running=len(running))
            self.worker = None  # so that nothing more is claimed in that name
            self._engine.drop_all()
            await self._register()
        return result

    async def _register(self) -> None:
        self.worker = await threads.run_apart(liveness.register)
        log.info("worker.registered", worker=str(self.worker))

    async def _look(self, result: BeatResult) -> None:
        try:
            if result.orphans and self.worker is not None:
                await self._rescue(self.worker)
            if result.unowned_claims and self.worker is not None:
                await self._requeue_unowned(self.worker)
            await self._take_due()
        except DATABASE_UNAVAILABLE as error:
            log.warning("watch.database_away", error=type(error).__name__)
        except Exception:  # the next tick looks again
            log.exception("watch.broke")

    async def _rescue(self, judge: UUID) -> None:
        await self._tell("reply.rescued", await threads.run(liveness.rescue, judge=judge))

    async def _requeue_unowned(self, worker: UUID) -> None:
        requeue_unowned = partial(liveness.requeue_unowned, worker, running=self._engine.running())
        await self._tell("reply.stray", await threads.run(requeue_unowned))

    async def _tell(self, what: str, taken: list[Reply]) -> None:
        for reply in taken:
            log.warning(what, reply=str(reply.id), attempt=reply.attempt)
        self._engine.live.tell(await retry_until_stored(partial(_told, taken)))

    async def _take_due(self) -> None:
        limit = min(self._engine.room, LOOK_BATCH)
        if limit == 0 or self.worker is None:
            return
        with self._engine.claiming(limit):
            claim = partial(lifecycle.claim_due, worker=self.worker, limit=limit)
            for reply in await threads.run(claim):
                self._engine.spawn(reply)


def _told(taken: list[Reply]) -> list[publisher.Event]:
    return [event for reply in taken for event in publisher.after_change(reply)]
