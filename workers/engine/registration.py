"""This process's row in `workers_worker`: made, kept alive by a heartbeat, removed at the end."""

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from workers import metrics
from workers.model.health import ModelStatus

from . import liveness
from .liveness import BeatResult
from .running_replies import RunningReplies

log = structlog.get_logger(__name__)


class Registration:
    """One for a worker process. Its database work has a thread of its own, so no beat has to queue.

    `beaten_at` is when the last beat was stored, by the monotonic clock, in seconds.
    """

    def __init__(self, *, running: RunningReplies, model_status: Callable[[], ModelStatus]) -> None:
        self.beaten_at = 0.0
        self._running = running
        self._model_status = model_status

    @property
    def worker(self) -> UUID | None:
        """The id of the row; None while there is none."""
        return self._running.worker

    async def beat(self) -> BeatResult:
        """One heartbeat, with what runs here. Registers first where there is no row yet.

        A row that is gone means that others declared this worker dead: its replies are dropped,
        and it registers anew. Raises DATABASE_UNAVAILABLE.
        """
        worker = self.worker or await self._register()
        running = self._running.ids()
        result = await threads.run_apart(
            liveness.beat, worker, running=running, model=self._model_status()
        )
        self.beaten_at = time.monotonic()
        metrics.RUNNING.set(len(running))
        if not result.alive:
            log.warning("worker.declared_dead", worker=str(worker), running=len(running))
            self._running.disown()
            await self._register()
        return result

    async def end(self) -> None:
        """Removes the row, so that nobody has to wait for the lease to run out."""
        if self.worker is not None:
            try:
                await threads.run_apart(liveness.deregister, self.worker)
            except DATABASE_UNAVAILABLE:
                log.warning("watch.not_deregistered")

    async def _register(self) -> UUID:
        worker = await threads.run_apart(liveness.register)
        self._running.worker = worker
        log.info("worker.registered", worker=str(worker))
        return worker
