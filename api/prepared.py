"""Querysets that are compiled once.

To turn a queryset into SQL costs Django several times what it costs to run it. Where a request or a
reply asks the same question each time, the question is put together at its first use and later only
gets other values. PostgreSQL recognises the statement, and keeps its plan.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql import Query

Row = TypeVar("Row", bound=Model)

_numbers = count(7_000_000_001)
_PLACEHOLDERS: dict[type, Callable[[int], Any]] = {
    uuid.UUID: lambda number: uuid.UUID(int=number),
    str: lambda number: f"placeholder {number}",
    int: lambda number: number,
    datetime: lambda number: datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=number),
}


class FrozenValue(ValueError):
    """A value was compiled into the statement: each later call would be given the first one's."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"Not a parameter of the prepared statement as it was given: {', '.join(names)}. Slices"
            " and computed values stay as the first call made them. Use a plain queryset for these."
        )


class Prepared(Generic[Row]):
    """`build` makes the queryset from values, by name: ids, texts, whole numbers, moments.

    What it makes of them may not depend on them: they are put in the places in which those of the
    first call stood. The first call raises FrozenValue where one of them has no such place, as with
    a slice. Prefetched relations and deferred fields are not supported.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._compiled: _CompiledRows | None = None

    def all(self, **given: Any) -> list[Row]:
        """One query."""
        if self._compiled is None:
            self._compiled = _CompiledRows(lambda **marks: self._build(**marks).query, given)
        return self._compiled.rows(given)

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


class _Compiled:
    def __init__(self, build: Callable[..., Query], given: Mapping[str, Any]) -> None:
        marks = {name: _PLACEHOLDERS[type(value)](next(_numbers)) for name, value in given.items()}
        self.compiler: Any = build(**marks).get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, self._params = self.compiler.as_sql()
        names = {mark: name for name, mark in marks.items()}
        self._places = [(at, names[p]) for at, p in enumerate(self._params) if _among(p, names)]
        self._require_places(marks)

    def _require_places(self, marks: Mapping[str, Any]) -> None:
        """Each mark is a parameter, and stands nowhere else: in the SQL, or within another one."""
        placed = dict(self._places)
        others = [p for at, p in enumerate(self._params) if at not in placed]
        rest = "\n".join(map(str, [self.sql, *others]))
        frozen = [
            name for name, mark in marks.items() if name not in placed.values() or str(mark) in rest
        ]
        if frozen:
            raise FrozenValue(frozen)

    def params(self, given: Mapping[str, Any]) -> list[Any]:
        params = list(self._params)
        for at, name in self._places:
            params[at] = given[name]
        return params


class _CompiledRows(_Compiled):
    """What Django's ModelIterable works out for each query anew: how a row becomes an object."""

    def __init__(self, build: Callable[..., Query], given: Mapping[str, Any]) -> None:
        super().__init__(build, given)
        compiler = self.compiler
        compiler.setup_query()
        info, select = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        self._model = info["model"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in select[self._own]]
        self._related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # the stubs are for a later Django
        self._annotations = list(compiler.annotation_col_map.items())
        self._converters = compiler.get_converters([column[0] for column in select])

    def rows(self, given: Mapping[str, Any]) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params(given))
            found = cursor.fetchall()
        return [self._object(self._converted(row, connection)) for row in found]

    def _converted(self, row: Sequence[Any], connection: Any) -> Sequence[Any]:
        if not self._converters:
            return row
        values = list(row)
        for at, (converters, expression) in self._converters.items():
            for convert in converters:
                values[at] = convert(values[at], expression, connection)
        return values

    def _object(self, row: Sequence[Any]) -> Any:
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for related in self._related:
            related.populate(row, made)
        for name, at in self._annotations:
            setattr(made, name, row[at])
        return made


def _among(param: Any, names: Mapping[Any, str]) -> bool:
    return type(param) in _PLACEHOLDERS and param in names
