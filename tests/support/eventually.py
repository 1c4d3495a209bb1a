"""Waiting for what happens elsewhere: in another task, thread or process."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import TypeVar

from api import threads

SECONDS = 10.0
Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], *, seconds: float = SECONDS) -> Found:
    """The first true answer of `condition`, where no event loop runs."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)
    return found


async def comes_true(condition):
    """The first value of the condition that is true; it may be a coroutine function."""
    async with asyncio.timeout(SECONDS):
        while True:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.005)


async def until(condition):
    """The same for a condition that blocks: it is looked at in a thread."""
    await comes_true(lambda: threads.run(condition))
