"""Database work for coroutines that outlive a request: a small pool of threads of its own.

Channels' `database_sync_to_async` puts all consumers of a process on one thread; here a few share
the work, each giving its connection back to the pool when it is done.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections
from psycopg_pool import PoolTimeout

Given = ParamSpec("Given")
Result = TypeVar("Result")

# What it raises while the database is away.
AWAY = (OperationalError, InterfaceError, PoolTimeout)

_executor = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database")
_apart = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-apart")


async def run(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, partial(_tidily, function, *args, **kwargs))


async def run_apart(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """In a thread of its own, for what must not wait behind a thousand ends: heartbeats."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_apart, partial(_tidily, function, *args, **kwargs))


def _tidily(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    # With CONN_MAX_AGE=0 this also gives the connection back.
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
