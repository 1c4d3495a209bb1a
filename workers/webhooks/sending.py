"""Posts what is due, many at a time, beside the replies and without holding them up."""

import asyncio
import random
import time
from functools import partial
from typing import Final

import aiohttp
import structlog

from api import threads
from api.threads import AWAY
from workers.persisting import persist

from . import connecting, deliveries, signing
from .connecting import InnerAddress
from .deliveries import Parcel
from .retrying import Answer

log = structlog.get_logger(__name__)
MAX_AT_ONCE: Final = 200
# How long those on their way may take when the worker stops.
GRACE_SECONDS: Final = 2.0


class Sender:
    """One for a worker process and its event loop."""

    def __init__(self) -> None:
        self._session = connecting.session()
        self._flying: dict[asyncio.Task[None], Parcel] = {}
        self._looking: asyncio.Task[None] | None = None
        self._takes = True

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
            await asyncio.wait(self._flying, timeout=GRACE_SECONDS)
        await self._hand_back()
        await self._session.close()

    async def _look(self) -> None:
        try:
            await threads.run(deliveries.forget_old)
            await self._take()
        except AWAY as error:
            log.warning("webhooks.database_away", error=type(error).__name__)
        except Exception:  # the next tick looks again
            log.exception("webhooks.broke")

    async def _take(self) -> None:
        room = MAX_AT_ONCE - len(self._flying)
        if room > 0:
            busy = list({parcel.webhook for parcel in self._flying.values()})
            for parcel in await threads.run(partial(deliveries.claim, limit=room, busy=busy)):
                task = asyncio.ensure_future(self._deliver(parcel))
                self._flying[task] = parcel
                task.add_done_callback(self._flying.pop)

    async def _deliver(self, parcel: Parcel) -> None:
        began = time.monotonic()
        answer = await self._post(parcel)
        settle = partial(deliveries.settle, parcel, answer, chance=random.random())
        pause = await persist(settle)
        log.info(
            "webhook.delivered" if answer.is_success else "webhook.failed",
            webhook=str(parcel.webhook),
            message=parcel.message_id,
            attempt=parcel.attempt,
            status=answer.status,
            why=answer.why or None,
            again_in=pause and round(pause),
            seconds=round(time.monotonic() - began, 3),
        )

    async def _post(self, parcel: Parcel) -> Answer:
        """Never raises for what the other side does. The URL may hold secrets: it is not logged."""
        try:
            async with self._session.post(
                parcel.url, data=parcel.body, headers=_headers(parcel), allow_redirects=False
            ) as response:
                return Answer(status=response.status, retry_after=_retry_after(response))
        except TimeoutError:
            return Answer(status=None, why="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            inner = isinstance(getattr(error, "os_error", None), InnerAddress)
            return Answer(status=None, why="inner address" if inner else type(error).__name__)

    async def _hand_back(self) -> None:
        left = dict(self._flying)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            try:
                await threads.run(deliveries.hand_back, list(left.values()))
            except AWAY:
                log.warning("webhooks.not_handed_back", count=len(left))


def _headers(parcel: Parcel) -> dict[str, str]:
    signed = signing.headers(
        secret=parcel.secret,
        message_id=parcel.message_id,
        timestamp=int(time.time()),
        body=parcel.body,
    )
    return {"Content-Type": "application/json", "User-Agent": "Malgil-Webhooks/1", **signed}


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds; a date is not honoured, the schedule is."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return 0.0
    return seconds if seconds > 0 else 0.0
