"""Clients of Redis: quick to give up, never needed for the truth.

Redis carries live events and answers quota questions fast; the tables know everything. So a
failure here is never an error of the request, only a slower way.
"""

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from django.conf import settings
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
# After a failure nobody waits for Redis again until this has passed, so that a Redis that hangs
# costs a request one time-out and not one for each thing it asks.
BREAK_SECONDS = 1.0
_MOST_CONNECTIONS = 8


class Unavailable(Exception):
    """Redis did not answer in time, or was not asked because it just did not."""


class Link:
    """A pool of connections behind a circuit breaker; safe for threads."""

    def __init__(self, *, url: str, timeout_seconds: float) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            retry=Retry(NoBackoff(), 0),
        )
        self._closed_until = 0.0

    def call(self, operation: Callable[[redis.Redis], Result]) -> Result:
        """Raises Unavailable."""
        if time.monotonic() < self._closed_until:
            raise Unavailable
        try:
            return operation(self._client)
        except redis.ConnectionError:
            return self._second_try(operation)
        except redis.RedisError as error:
            raise self._break(error) from error

    def attempt(self, operation: Callable[[redis.Redis], object]) -> None:
        """The same where nothing depends on it: without Redis it is left undone."""
        with contextlib.suppress(Unavailable):
            self.call(operation)

    def _second_try(self, operation: Callable[[redis.Redis], Result]) -> Result:
        # Pooled connections die with a Redis that was restarted; a fresh one tells the truth.
        # Those that other threads are using are left alone: they may be good.
        self._client.connection_pool.disconnect(inuse_connections=False)
        try:
            return operation(self._client)
        except redis.RedisError as error:
            raise self._break(error) from error

    def _break(self, error: Exception) -> Unavailable:
        self._closed_until = time.monotonic() + BREAK_SECONDS
        log.warning("redis.unavailable", error=type(error).__name__)
        return Unavailable()


link = Link(url=settings.REDIS_URL, timeout_seconds=settings.REDIS_TIMEOUT_SECONDS)


def async_client() -> AsyncRedis:
    """A client for one event loop; close it with `aclose`.

    Each step (a free connection, connecting, an answer) takes REDIS_TIMEOUT_SECONDS at most, and
    none is repeated. Not for reads that block, such as pub/sub. Raises RedisError, OSError and
    TimeoutError.
    """
    seconds = settings.REDIS_TIMEOUT_SECONDS
    pool = BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        max_connections=_MOST_CONNECTIONS,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=AsyncRetry(NoBackoff(), 0),
    )
    return AsyncRedis.from_pool(pool)
