"""The engine: one event loop for each worker process, holding every model call of it.

Celery's tasks hand it the ids they were woken for; it also looks into the table by itself. Both
ways end in the same claim, so a reply that comes twice runs once.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
import uvloop
from django.conf import settings

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from chat.exchange.context import Context
from chat.models import Reply
from workers import metrics
from workers.generation import claim
from workers.generation.attempt import Generation, Stop
from workers.model import catalogue
from workers.model.client import ModelClient
from workers.outbox.mails.sending import Mailer
from workers.outbox.webhooks.sending import Sender
from workers.streaming.live_writer import LiveWriter

from . import cancel_listener
from .watch import Watch

log = structlog.get_logger(__name__)
# A loop that takes longer to come round stands still, as far as members are concerned.
ANSWER_SECONDS = 1.0


class Engine:
    def __init__(self, *, capacity: int) -> None:
        self.capacity = capacity
        self.watch = Watch(self)
        self._running: dict[UUID, Generation] = {}
        self._claiming = 0
        self._draining = False
        self._idle = asyncio.Event()
        self._background: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.model = ModelClient()
        self.live = LiveWriter()
        self.sender = Sender()
        self.mailer = Mailer()
        self._idle.set()
        metrics.CAPACITY.set(self.capacity)
        await self.watch.tick()  # a wake-up that comes before a worker is registered is lost
        self._background = [
            asyncio.ensure_future(self.watch.run()),
            asyncio.ensure_future(cancel_listener.listen(self.cancel)),
            asyncio.ensure_future(catalogue.keep_current(self.model)),
        ]

    @property
    def room(self) -> int:
        """How many replies it may take from the table."""
        return 0 if self._draining else max(0, self.capacity - len(self._running) - self._claiming)

    def running(self) -> list[UUID]:
        return list(self._running)

    @contextmanager
    def claiming(self, most: int) -> Iterator[None]:
        """While the block claims up to `most` replies, they take room, and a drain waits.

        What was claimed must be admitted or spawned within the block.
        """
        self._claiming += most
        self._idle.clear()
        try:
            yield
        finally:
            self._claiming -= most
            self._look_if_idle()

    async def generate(self, *reply_ids: UUID) -> None:
        """Claims those of the replies that wait, and runs them; returns when all rest.

        What there is no room for is left to whoever finds it in the table.
        """
        worker = self.watch.worker
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
        """`generate` in the background."""
        self._keep(asyncio.ensure_future(self.generate(*reply_ids)))

    def spawn(self, reply: Reply) -> None:
        """Runs a reply that was claimed from the table."""
        self._keep(asyncio.ensure_future(self._run(self._admit(reply))))

    def _admit(self, reply: Reply, context: Context | None = None) -> Generation:
        if former := self._running.get(reply.id):
            former.stop(Stop.DROP)  # that attempt was taken back
        generation = Generation(reply=reply, model=self.model, live=self.live, context=context)
        self._running[reply.id] = generation
        self._idle.clear()
        if reply.worker != self.watch.worker:
            generation.stop(Stop.DROP)  # declared dead between the claim and here
        elif self._draining:
            generation.stop(Stop.HAND_BACK)
        return generation

    async def _run(self, generation: Generation) -> None:
        try:
            await generation.run()
        finally:
            self._rest(generation)

    def cancel(self, reply_id: UUID) -> None:
        if generation := self._running.get(reply_id):
            generation.stop(Stop.CANCEL)

    def drop_all(self) -> None:
        """This worker was declared dead: what it runs belongs to others."""
        for generation in self._running.values():
            generation.stop(Stop.DROP)

    async def drain(self, seconds: float) -> None:
        """Takes no more, waits for what runs, then hands the rest back at once."""
        self._draining = True
        self.sender.take_no_more()
        self.mailer.take_no_more()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            log.info("engine.handing_back", replies=len(self._running))
            for generation in list(self._running.values()):
                generation.stop(Stop.HAND_BACK)
            await self._idle.wait()

    async def stop(self) -> None:
        """After a drain."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.sender.close()
        await self.mailer.close()
        await self.live.close()
        await self.watch.end()
        await self.model.close()

    def _rest(self, generation: Generation) -> None:
        reply_id = generation.reply.id
        if self._running.get(reply_id) is generation:
            del self._running[reply_id]
        self._look_if_idle()
        if generation.retry_in is not None:
            # A little late rather than early: the claim compares with the database's clock.
            delay = generation.retry_in + 0.02
            asyncio.get_running_loop().call_later(delay, self._again, reply_id)

    def _look_if_idle(self) -> None:
        if not self._running and not self._claiming:
            self._idle.set()

    def _again(self, reply_id: UUID) -> None:
        if self.room:
            self.wake(reply_id)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class EngineThread:
    """The engine on a thread of its own, called from Celery's."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._engine = Engine(capacity=settings.WORKER_CONCURRENCY)
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._drained: Future[None] | None = None

    @property
    def watch(self) -> Watch:
        return self._engine.watch

    def answers(self) -> bool:
        """Whether its loop comes round within ANSWER_SECONDS."""
        asked = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop)
        try:
            asked.result(ANSWER_SECONDS)
        except TimeoutError:
            return False
        return True

    def start(self) -> None:
        self._thread.start()
        self._call(self._engine.start()).result()

    def has_room(self) -> bool:
        return self._engine.room > 0

    def wake(self, *reply_ids: UUID) -> None:
        """Returns at once."""
        self._loop.call_soon_threadsafe(self._engine.wake, *reply_ids)

    def begin_drain(self) -> None:
        """Returns at once; repeating it changes nothing."""
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

    def _call(self, coroutine: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


_current: EngineThread | None = None


def start() -> None:
    global _current
    _current = EngineThread()
    _current.start()


def current() -> EngineThread:
    if _current is None:
        raise RuntimeError("The engine runs in worker processes only.")
    return _current
