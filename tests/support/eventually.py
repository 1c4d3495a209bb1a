"""Waiting for what happens elsewhere: in another task, thread or process."""

import asyncio
import inspect

SECONDS = 10.0


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
