"""Writes that must not be lost are repeated for as long as the database is unavailable."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from api import threads
from api.threads import DATABASE_UNAVAILABLE

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
PAUSE_SECONDS = 0.5


async def retry_until_stored(write: Callable[[], Result]) -> Result:
    """Calls `write` in a database thread until it does not raise DATABASE_UNAVAILABLE.

    `write` may have been committed although its answer was lost, so it must bear repetition. All
    other errors that it raises are raised here.
    """
    while True:
        try:
            return await threads.run(write)
        except DATABASE_UNAVAILABLE as error:
            log.warning("database.away", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
