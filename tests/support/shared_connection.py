"""A test's database connection, lent to the threads of `api.threads`.

Most tests write in a transaction that is rolled back, which other connections do not see. So the
pool's threads, which do the database work of asynchronous views, are given the test's connection
for the time of each piece of work: as Django's LiveServerTestCase shares one with its server.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from api import threads


@contextmanager
def lent_to_the_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Within it, whatever `threads` runs uses the connection of the thread that entered it."""
    shared = connections[DEFAULT_DB_ALIAS]
    lending = _Lending(shared, threads._tidily)
    # In a transaction `autocommit` is off, which close_old_connections takes for a reason to close.
    monkeypatch.setattr(shared, "close_if_unusable_or_obsolete", lambda: None)
    monkeypatch.setattr(threads, "_tidily", lending.run)
    shared.inc_thread_sharing()
    try:
        yield
    finally:
        lending.end()
        shared.dec_thread_sharing()


class _Lending:
    """To one thread at a time: savepoints of two on one connection would end each other.

    What still waits for its turn when the test ends is done as in production, over the thread's
    own connection.
    """

    def __init__(self, shared: BaseDatabaseWrapper, work: Callable[..., Any]) -> None:
        self._shared = shared
        self._work = work
        self._ended = False
        self._turn = threading.Lock()

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._turn:
            if not self._ended:
                with self._lent():
                    return self._work(function, *args, **kwargs)
        return self._work(function, *args, **kwargs)

    def end(self) -> None:
        """Waits for what has begun: afterwards the connection is the test's alone."""
        with self._turn:
            self._ended = True

    @contextmanager
    def _lent(self) -> Iterator[None]:
        own = connections[DEFAULT_DB_ALIAS]
        connections[DEFAULT_DB_ALIAS] = self._shared
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = own
