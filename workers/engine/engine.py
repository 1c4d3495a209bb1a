"""The engine: what one worker process is made of, started and stopped in order.

Its parts refer to each other one way: recovery knows registration, both know the running replies,
and these know the model client and the live writer.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from channels.layers import get_channel_layer

from workers import metrics
from workers.model import catalogue
from workers.model.model_server import ModelServer
from workers.outbox.mails.sending import Mailer
from workers.outbox.webhooks.sending import Sender
from workers.streaming.live_writer import LiveWriter

from . import cancel_listener
from .recovery import Recovery
from .registration import Registration
from .running_replies import RunningReplies


class Engine:
    """To be made within the running event loop that it belongs to; holds every model call of it.

    `capacity` is how many replies it runs at once.
    """

    def __init__(self, *, capacity: int) -> None:
        metrics.CAPACITY.set(capacity)
        self._model = ModelServer()
        self._live = LiveWriter()
        self._sender = Sender()
        self._mailer = Mailer()
        self.running = RunningReplies(capacity=capacity, model=self._model, live=self._live)
        self.registration = Registration(
            running=self.running, model_status=lambda: self._model.health.status
        )
        self.recovery = Recovery(
            registration=self.registration,
            running=self.running,
            publish=self._live.tell,
            deliver=self._sender.look,
            mail=self._mailer.look,
        )
        self._background: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Registers, then begins to work. Without a database it registers as soon as there is one.

        A wake-up that comes before it is registered is lost to it, and found in the table.
        """
        await self.recovery.tick()
        self._background = [
            _begun(self.recovery.run()),
            _begun(cancel_listener.listen(self.running.cancel)),
            _begun(catalogue.keep_current(self._model)),
        ]

    async def drain(self, seconds: float) -> None:
        """Takes nothing new and waits; after `seconds` the replies that still run are handed back.

        Heartbeats go on meanwhile.
        """
        self._sender.take_no_more()
        self._mailer.take_no_more()
        await self.running.drain(seconds)

    async def stop(self) -> None:
        """To be called after a drain: closes all connections and removes the worker's row."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await get_channel_layer().flush()
        await self._sender.close()
        await self._mailer.close()
        await self._live.close()
        await self.recovery.end()
        await self.registration.end()
        await self._model.close()


def _begun(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.ensure_future(work)
