"""Database work for coroutines: a small pool of threads, shared by all that a process does.

Asgiref's `sync_to_async` keeps a thread for each request as long as it lasts, also one that waits
for a minute; Channels' `database_sync_to_async` puts all consumers on one thread. Here a few share
the work, each with a connection of its own (api/database).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

Given = ParamSpec("Given")
Result = TypeVar("Result")

# What it raises while the database is away.
AWAY = (OperationalError, InterfaceError)

MOST = 8
_executor = ThreadPoolExecutor(max_workers=MOST, thread_name_prefix="database")
_apart = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-apart")


async def run(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """In a copy of the caller's context, so that what one leaves behind no other finds."""
    call: Callable[[], Result] = partial(_tidily, function, *args, **kwargs)
    run_it = partial(copy_context().run, call)
    return await asyncio.get_running_loop().run_in_executor(_executor, run_it)


async def run_apart(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """In a thread of its own, for what must not wait behind a thousand ends: heartbeats."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_apart, partial(_tidily, function, *args, **kwargs))


def _tidily(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    # One that has died is replaced.
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
