"""The replies that this process runs: how many it may take, claiming them, and how they stop.

A claim is a compare-and-set in the database, so a reply that is woken for twice, or is found in the
table as well, runs once. Nothing here looks for replies by itself; `recovery` does.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from chat.exchange.context import Context
from chat.models import Reply
from workers.generation import claim
from workers.generation.attempt import Generation, Stop
from workers.model.model_server import ModelServer
from workers.streaming.live_writer import LiveWriter

log = structlog.get_logger(__name__)
# The database's clock decides whether a retry is due: the timer here is a little late, not early.
RETRY_MARGIN_SECONDS = 0.02


class RunningReplies:
    """One for a worker process; all its methods are called in the engine's event loop.

    `worker` is the id of this process in `workers_worker`, in whose name replies are claimed. It
    is set by `registration`; while it is None nothing is claimed.
    """

    def __init__(self, *, capacity: int, model: ModelServer, live: LiveWriter) -> None:
        self.capacity = capacity
        self.worker: UUID | None = None
        self._model = model
        self._live = live
        self._running: dict[UUID, Generation] = {}
        self._claiming = 0  # room that is reserved by claims under way
        self._draining = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def room(self) -> int:
        """How many more replies it may claim; 0 while it drains."""
        return 0 if self._draining else max(0, self.capacity - len(self._running) - self._claiming)

    def ids(self) -> list[UUID]:
        return list(self._running)

    @contextmanager
    def claiming(self, most: int) -> Iterator[None]:
        """Reserves room for `most` replies while the block claims them; a drain waits for it.

        What was claimed must be handed to `run_claimed` within the block.
        """
        self._claiming += most
        self._idle.clear()
        try:
            yield
        finally:
            self._claiming -= most
            self._note_if_idle()

    async def generate(self, *reply_ids: UUID) -> None:
        """Claims those of the replies that are queued, and runs them until none runs any more.

        Without room, without a database or without a worker's row nothing is claimed: the replies
        stay queued, and whichever worker looks into the table next finds them.
        """
        worker = self.worker
        wanted = [reply_id for reply_id in reply_ids if reply_id not in self._running][: self.room]
        if worker is None or not wanted:
            return
        with self.claiming(len(wanted)):
            try:
                claimed = await threads.run(claim.claim, wanted, worker=worker)
            except DATABASE_UNAVAILABLE as error:
                log.warning("reply.unclaimed", replies=len(wanted), error=type(error).__name__)
                return
            admitted = [self._admit(reply, context) for reply, context in claimed]
        await asyncio.gather(*map(self._run, admitted))

    def wake(self, *reply_ids: UUID) -> None:
        """As `generate`, in the background."""
        self._keep(asyncio.ensure_future(self.generate(*reply_ids)))

    def run_claimed(self, reply: Reply) -> None:
        """Runs, in the background, a reply that was claimed in the name of `worker`."""
        self._keep(asyncio.ensure_future(self._run(self._admit(reply))))

    def cancel(self, reply_id: UUID) -> None:
        """A member asked for it: the text so far is kept. Does nothing if it does not run here."""
        if generation := self._running.get(reply_id):
            generation.stop(Stop.CANCEL)

    def disown(self) -> None:
        """This worker was declared dead: what it runs belongs to others, and it claims no more."""
        self.worker = None
        for generation in self._running.values():
            generation.stop(Stop.DROP)

    async def drain(self, seconds: float) -> None:
        """Claims no more and waits; after `seconds` puts what still runs back into the queue."""
        self._draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            log.info("engine.handing_back", replies=len(self._running))
            for generation in list(self._running.values()):
                generation.stop(Stop.HAND_BACK)
            await self._idle.wait()

    def _admit(self, reply: Reply, context: Context | None = None) -> Generation:
        if former := self._running.get(reply.id):
            former.stop(Stop.DROP)  # that attempt was taken back
        generation = Generation(reply=reply, model=self._model, live=self._live, context=context)
        self._running[reply.id] = generation
        self._idle.clear()
        if reply.worker != self.worker:
            generation.stop(Stop.DROP)  # declared dead between the claim and here
        elif self._draining:
            generation.stop(Stop.HAND_BACK)
        return generation

    async def _run(self, generation: Generation) -> None:
        try:
            await generation.run()
        finally:
            self._finished(generation)

    def _finished(self, generation: Generation) -> None:
        reply_id = generation.reply.id
        if self._running.get(reply_id) is generation:
            del self._running[reply_id]
        self._note_if_idle()
        if generation.retry_in is not None:
            delay = generation.retry_in + RETRY_MARGIN_SECONDS
            asyncio.get_running_loop().call_later(delay, self._retry, reply_id)

    def _note_if_idle(self) -> None:
        if not self._running and not self._claiming:
            self._idle.set()

    def _retry(self, reply_id: UUID) -> None:
        if self.room:
            self.wake(reply_id)

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The event loop itself holds only a weak reference to a task.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
