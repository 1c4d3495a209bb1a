"""Querysets that are compiled once.

To turn a queryset into SQL costs Django several times what it costs to run it. Where a request or a
reply asks the same question each time, the question is put together at its first use and later only
gets other values. PostgreSQL recognises the statement, and keeps its plan.
"""

import copy
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import Query, UpdateQuery
from django.db.models.sql.constants import ROW_COUNT

Row = TypeVar("Row", bound=Model)

_numbers = count(7_000_000_001)
_PLACEHOLDERS: dict[type, Callable[[int], Any]] = {
    uuid.UUID: lambda number: uuid.UUID(int=number),
    str: lambda number: f"placeholder {number}",
    int: lambda number: number,
    datetime: lambda number: datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=number),
}


class Prepared(Generic[Row]):
    """`build` makes the queryset from values, by name: ids, texts, whole numbers, moments.

    What it makes of them may not depend on them: they are put in the places in which those of the
    first call stood. Prefetched relations and deferred fields are not supported.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def all(self, **given: Any) -> list[Row]:
        """One query."""
        if self._compiled is None:
            self._compiled = _Compiled(lambda **marks: self._build(**marks).query, given)
        return list(ModelIterable(_Ready(self._compiled.bound(given))))  # type: ignore[arg-type]

    def first(self, **given: Any) -> Row | None:
        """Of those found, which should be one at most."""
        found = self.all(**given)
        return found[0] if found else None

    def get(self, **given: Any) -> Row:
        """Raises the model's DoesNotExist."""
        found = self.first(**given)
        if found is None:
            model: Any = self._build(**given).model
            raise model.DoesNotExist()
        return found


class PreparedUpdate:
    """The same for `queryset.update(**changes)`: `build` makes both from the values."""

    def __init__(self, build: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def __call__(self, **given: Any) -> int:
        """One query; how many rows matched."""
        if self._compiled is None:
            self._compiled = _Compiled(self._query, given)
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS):
            return int(self._compiled.bound(given).execute_sql(ROW_COUNT))

    def _query(self, **given: Any) -> Query:
        queryset, changes = self._build(**given)
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return query  # type: ignore[no-any-return]


def insert(row: Model) -> None:
    """`row.save(force_insert=True)` for a model that makes its key itself and has no signals."""
    insert_all([row])


def insert_all(rows: Sequence[Model]) -> None:
    """Rows of one model; one query."""
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    table, fields = rows[0]._meta.db_table, rows[0]._meta.local_concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({columns}) VALUES {places}', values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


class _Compiled:
    def __init__(self, build: Callable[..., Query], given: Mapping[str, Any]) -> None:
        marks = {name: _PLACEHOLDERS[type(value)](next(_numbers)) for name, value in given.items()}
        self._compiler = build(**marks).get_compiler(using=DEFAULT_DB_ALIAS)
        self._sql, self._params = self._compiler.as_sql()
        names = {mark: name for name, mark in marks.items()}
        self._places = {at: names[p] for at, p in enumerate(self._params) if _among(p, names)}

    def bound(self, given: Mapping[str, Any]) -> Any:
        """A compiler that has done its work."""
        params = list(self._params)
        for at, name in self._places.items():
            params[at] = given[name]
        # Compilers belong to a connection, connections to a thread.
        compiler: Any = copy.copy(self._compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_, **__: (self._sql, tuple(params))
        return compiler


class _Ready:
    """As much of a queryset as ModelIterable wants."""

    db = DEFAULT_DB_ALIAS
    _known_related_objects: Mapping[str, Any] = {}

    def __init__(self, compiler: Any) -> None:
        self.query = self
        self._compiler = compiler

    def get_compiler(self, *, using: str) -> Any:
        return self._compiler


def _among(param: Any, names: Mapping[Any, str]) -> bool:
    return type(param) in _PLACEHOLDERS and param in names
