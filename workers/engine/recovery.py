"""What every worker does each tick: it beats, and takes care of what the beat finds in the tables.

That is replies of dead workers, claims that nobody runs, queued replies whose wake-up was lost, and
webhooks and mails that are due. There is no scheduler and no leader: each living worker does it,
and passes over rows that another one has locked. With nothing to do a tick is one statement.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from chat.events import publisher
from chat.events.event import Event
from chat.models import Reply
from chat.replies import lifecycle
from workers.database_retry import retry_until_stored

from . import liveness
from .liveness import BeatResult
from .registration import Registration
from .running_replies import RunningReplies

log = structlog.get_logger(__name__)
# At most so many from the table at once, so that a worker that comes first leaves some to others.
LOOK_BATCH = 200


class Recovery:
    """One for a worker process.

    `publish` sends events to members. `deliver` and `mail` begin to send what is due and return at
    once.
    """

    def __init__(
        self,
        *,
        registration: Registration,
        running: RunningReplies,
        publish: Callable[[Iterable[Event]], None],
        deliver: Callable[[], None],
        mail: Callable[[], None],
    ) -> None:
        self._registration = registration
        self._running = running
        self._publish = publish
        self._deliver = deliver
        self._mail = mail
        self._recovering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """A tick every WORKER_TICK_SECONDS; runs until it is cancelled."""
        while True:
            await asyncio.sleep(settings.WORKER_TICK_SECONDS)
            await self.tick()

    async def tick(self) -> None:
        """One beat. What it finds is done in the background, so that the next beat is in time."""
        try:
            found = await self._registration.beat()
        except DATABASE_UNAVAILABLE as error:
            log.warning("watch.database_away", error=type(error).__name__)
            return
        except Exception:  # whatever it was, the next beat must come
            log.exception("watch.broke")
            return
        if not found.idle and (self._recovering is None or self._recovering.done()):
            self._recovering = asyncio.ensure_future(self._recover(found))
        if found.deliveries:
            self._deliver()
        if found.mails:
            self._mail()

    async def end(self) -> None:
        """Stops what is under way in the background."""
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.wait([self._recovering])

    async def _recover(self, found: BeatResult) -> None:
        try:
            if found.orphans and (worker := self._registration.worker) is not None:
                await self._rescue(worker)
            if found.unowned_claims and (worker := self._registration.worker) is not None:
                await self._requeue_unowned(worker)
            await self._take_due()
        except DATABASE_UNAVAILABLE as error:
            log.warning("watch.database_away", error=type(error).__name__)
        except Exception:  # the next tick looks again
            log.exception("watch.broke")

    async def _rescue(self, judge: UUID) -> None:
        await self._tell("reply.rescued", await threads.run(liveness.rescue, judge=judge))

    async def _requeue_unowned(self, worker: UUID) -> None:
        requeue = partial(liveness.requeue_unowned, worker, running=self._running.ids())
        await self._tell("reply.stray", await threads.run(requeue))

    async def _tell(self, what: str, taken: list[Reply]) -> None:
        for reply in taken:
            log.warning(what, reply=str(reply.id), attempt=reply.attempt)
        self._publish(await retry_until_stored(partial(_changes_of, taken)))

    async def _take_due(self) -> None:
        limit = min(self._running.room, LOOK_BATCH)
        worker = self._registration.worker
        if limit == 0 or worker is None:
            return
        with self._running.claiming(limit):
            for reply in await threads.run(lifecycle.claim_due, worker=worker, limit=limit):
                self._running.run_claimed(reply)


def _changes_of(replies: list[Reply]) -> list[Event]:
    return [event for reply in replies for event in publisher.after_change(reply)]
