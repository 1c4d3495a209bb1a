"""What docs/api.md and docs/errors.md tell clients to do while the server is away.

The checker's members go through this wherever a fault may strike. What they do not try again is
what the product must never answer: a refusal, a 500, an answer that is not JSON.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2

Result = TypeVar("Result")

# 502 is the proxy's, while no server takes its connection.
AGAIN = frozenset({502, 503})
PAUSE_SECONDS = 0.2
# Of sockets, as docs/protocol.md says.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class Unavailable(AssertionError):
    """Asked to come again. Where nothing may be away, it is a failure like any other."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__(_described(answer))
        self.retry_after_seconds = float(answer.headers.get("Retry-After", PAUSE_SECONDS))


def expect(answer: httpx2.Response, *statuses: int) -> None:
    """Raises Unavailable for what may be tried again, AssertionError for any other status."""
    if answer.status_code in AGAIN:
        raise Unavailable(answer)
    assert answer.status_code in statuses, _described(answer)


async def persistently(attempt: Callable[[], Awaitable[Result]], *, seconds: float = 30) -> Result:
    """The first result of `attempt`, which is made again after a connection that broke and
    after Unavailable. It must be safe to repeat: an accept needs its Idempotency-Key.

    Other errors pass at once; those that may be tried again pass after so many seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await attempt()
        except httpx2.TransportError as error:
            trouble, pause = error, PAUSE_SECONDS
        except Unavailable as error:
            trouble, pause = error, error.retry_after_seconds
        if loop.time() > deadline:
            raise trouble
        await asyncio.sleep(pause)


def reconnect_pause(failures: int) -> float:
    """Seconds before a socket is opened again, after so many that did not become ready."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**failures)
    return longest * random.uniform(0.5, 1)


def _described(answer: httpx2.Response) -> str:
    request = answer.request
    return f"{answer.status_code} of {request.method} {request.url.path}: {answer.text}"
