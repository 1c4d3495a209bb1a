"""Database work for coroutines: a small pool of threads, shared by all that a process does.

Asgiref's `sync_to_async` keeps a thread for each request as long as it lasts, also one that waits
for a minute; Channels' `database_sync_to_async` puts all consumers on one thread. Here a few share
the work, each with a connection of its own (api/database).
"""

import asyncio
import atexit
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

Given = ParamSpec("Given")
Result = TypeVar("Result")

# What it raises while the database is away.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)

MOST = 8
_apart = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-apart")


async def run(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """In a copy of the caller's context, so that what one leaves behind no other finds."""
    call: Callable[[], Result] = partial(_tidily, function, *args, **kwargs)
    return await _pool.run(partial(copy_context().run, call))


async def run_apart(
    function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> Result:
    """In a thread of its own, for what must not wait behind a thousand ends: heartbeats."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_apart, partial(_tidily, function, *args, **kwargs))


class _Pool:
    """As `ThreadPoolExecutor`, for coroutines only: its futures cost six times as much as all that
    is done here. Begins its threads with the first work, and ends them with the process, after the
    work that they have.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._work: SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None]
        self._work = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    def run(self, call: Callable[[], Result]) -> "asyncio.Future[Result]":
        if not self._threads:
            self._start()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._work.put((future, call))
        return future

    def _start(self) -> None:
        with self._starting:
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._serve, name=f"database_{number}", daemon=True)
                    for number in range(self._most)
                ]
                for thread in self._threads:
                    thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            _settle(*work)
            del work  # and with it a request, until the next comes


def _settle(future: asyncio.Future[Any], call: Callable[[], Any]) -> None:
    if future.cancelled():
        return
    tell: Callable[[], None]
    try:
        tell = partial(future.set_result, call())
    except BaseException as error:
        tell = partial(future.set_exception, error)
    with suppress(RuntimeError):  # the loop has ended: nobody waits any more
        future.get_loop().call_soon_threadsafe(_unless_done, future, tell)


def _unless_done(future: asyncio.Future[Any], tell: Callable[[], None]) -> None:
    if not future.done():
        tell()


_pool = _Pool(most=MOST)


def _tidily(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    # One that has died is replaced.
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
