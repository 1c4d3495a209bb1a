"""Doing things at the same moment, in threads with database connections of their own."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import connection, transaction

Result = TypeVar("Result")
_PATIENCE_SECONDS = 20


def at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results, in the order of the calls. Needs `django_db(transaction=True)`."""
    barrier = threading.Barrier(len(calls), timeout=_PATIENCE_SECONDS)

    def run(call: Callable[[], Result]) -> Result:
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(calls)) as threads:
        return list(threads.map(run, calls))


def at_once_up_to_writing(table: str, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """The same, where all have read whatever they read before any may write to the table."""

    def gate() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            locked.set()
            until = time.monotonic() + _PATIENCE_SECONDS
            while _waiting(cursor, table) < len(calls):
                assert time.monotonic() < until, "not all calls came to write"
                time.sleep(0.01)

    def run(call: Callable[[], Result]) -> Result:
        assert locked.wait(_PATIENCE_SECONDS)
        return call()

    locked = threading.Event()
    _, *results = at_once([gate, *(partial(run, call) for call in calls)])
    return results


def _waiting(cursor: Any, table: str) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [table]
    )
    count: int = cursor.fetchone()[0]
    return count
