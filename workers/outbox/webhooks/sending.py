"""Posts what is due, many at a time, beside the replies and without holding them up."""

import random
import time
from functools import partial
from typing import Final

import aiohttp
import structlog

from api import threads
from workers import metrics
from workers.database_retry import retry_until_stored
from workers.outbox.due_rows import DueRows

from . import connecting, deliveries, signing
from .connecting import InnerAddress
from .deliveries import DeliveryAttempt
from .retrying import Answer

log = structlog.get_logger(__name__)
MAX_AT_ONCE: Final = 200
# How long those on their way may take when the worker stops.
GRACE_SECONDS: Final = 2.0


class Sender(DueRows[DeliveryAttempt]):
    name = "webhooks"

    def __init__(self) -> None:
        super().__init__()
        self._session = connecting.session()

    @property
    def room(self) -> int:
        return MAX_AT_ONCE - len(self._in_flight)

    @property
    def grace_seconds(self) -> float:
        return GRACE_SECONDS

    async def claim(self, limit: int) -> list[DeliveryAttempt]:
        busy = list({attempt.webhook_id for attempt in self._in_flight.values()})
        return await threads.run(partial(deliveries.claim, limit=limit, busy=busy))

    async def hand_back(self, left: list[DeliveryAttempt]) -> None:
        await threads.run(deliveries.hand_back, left)

    async def close(self) -> None:
        await super().close()
        await self._session.close()

    async def _take(self) -> None:
        await threads.run(deliveries.forget_old)
        await super()._take()

    async def run(self, attempt: DeliveryAttempt) -> None:
        began = time.monotonic()
        answer = await self._post(attempt)
        settle = partial(deliveries.settle, attempt, answer, chance=random.random())
        pause = await retry_until_stored(settle)
        metrics.delivered(success=answer.is_success)
        log.info(
            "webhook.delivered" if answer.is_success else "webhook.failed",
            webhook=str(attempt.webhook_id),
            message=attempt.message_id,
            attempt=attempt.number,
            status=answer.status,
            why=answer.why or None,
            again_in=pause and round(pause),
            seconds=round(time.monotonic() - began, 3),
        )

    async def _post(self, attempt: DeliveryAttempt) -> Answer:
        """Never raises for what the other side does. The URL may hold secrets: it is not logged."""
        try:
            async with self._session.post(
                attempt.url, data=attempt.body, headers=_headers(attempt), allow_redirects=False
            ) as response:
                return Answer(status=response.status, retry_after=_retry_after(response))
        except TimeoutError:
            return Answer(status=None, why="timeout")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            inner = isinstance(getattr(error, "os_error", None), InnerAddress)
            return Answer(status=None, why="inner address" if inner else type(error).__name__)


def _headers(attempt: DeliveryAttempt) -> dict[str, str]:
    signed = signing.headers(
        secret=attempt.secret,
        message_id=attempt.message_id,
        timestamp=int(time.time()),
        body=attempt.body,
    )
    return {"Content-Type": "application/json", "User-Agent": "Malgil-Webhooks/1", **signed}


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds; a date is not honoured, the schedule is."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return 0.0
    return seconds if seconds > 0 else 0.0
