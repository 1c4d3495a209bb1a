"""INSERT statements whose columns come from the model, so that none can be forgotten.

Django's `save` builds its statement anew for each row, and it is a statement of its own. Here it is
text, made once for each model, that may be a step of a larger statement.
"""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    FloatField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
)
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

AnyField: TypeAlias = "Field[Any, Any]"

# Fields whose attribute psycopg takes as it is; all others are converted by the field itself.
_UNCONVERTED = (
    BooleanField,
    CharField,
    DateTimeField,
    FloatField,
    ForeignKey,
    IntegerField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
)


class Insertion:
    """How rows of one model are inserted; of a model which makes its keys itself.

    `left_out` are attributes whose value the database makes up: `db_default` without `default`.
    """

    def __init__(self, model: type[Model], left_out: frozenset[str] = frozenset()) -> None:
        meta = model._meta
        fields = {
            f"{meta.db_table}.{field.column}": field
            for field in meta.local_concrete_fields
            if not field.generated and field.attname not in left_out
        }
        columns = ", ".join(f'"{field.column}"' for field in fields.values())
        self.into = f'INSERT INTO "{meta.db_table}" ({columns})'
        self._attributes = {name: field.attname for name, field in fields.items()}
        self._conversions = {
            name: _conversion(field) for name, field in fields.items() if _is_converted(field)
        }

    def selecting_from(self, source: str, *, given: Collection[str]) -> str:
        """The statement, for one row of `source`, with named placeholders for what is `given`.

        All other columns are null and have none: when it is handed more than 50 values, psycopg
        parses a statement anew for each execution, which takes ten times as long as all else here.
        """
        places = [f"%({name})s" if name in given else "NULL" for name in self._attributes]
        return f"{self.into} SELECT {', '.join(places)} FROM {source}"

    def values(self, row: Model) -> dict[str, Any]:
        """What is not null, by placeholder, which is `table.column`."""
        stored = vars(row)
        values = {
            name: value
            for name, attribute in self._attributes.items()
            if (value := stored[attribute]) is not None
        }
        for name, convert in self._conversions.items():
            if (value := convert(row)) is not None:
                values[name] = value
        return values

    def all_values(self, row: Model) -> list[Any]:
        """In the order of the columns."""
        values = self.values(row)
        return [values.get(name) for name in self._attributes]


def of(row: Model) -> Insertion:
    """The same object for all rows of a model that leave the same to the database."""
    model = type(row)
    if not (names := _may_be_left_out(model)):
        return _insertion(model)
    stored = vars(row)
    return _insertion(
        model, frozenset(name for name in names if isinstance(stored[name], DatabaseDefault))
    )


def insert_all(rows: Sequence[Model]) -> None:
    """Rows of one model which makes its keys itself and has no signals; one query."""
    if not rows:
        return
    insertion = of(rows[0])
    values = [insertion.all_values(row) for row in rows]
    places = ", ".join([f"({', '.join(['%s'] * len(values[0]))})"] * len(rows))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"{insertion.into} VALUES {places}", list(chain.from_iterable(values)))
    mark_stored(*rows)


def mark_stored(*rows: Model) -> None:
    """As `save` leaves them."""
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@lru_cache
def _insertion(model: type[Model], left_out: frozenset[str] = frozenset()) -> Insertion:
    return Insertion(model, left_out)


@lru_cache
def _may_be_left_out(model: type[Model]) -> tuple[str, ...]:
    return tuple(
        field.attname
        for field in model._meta.local_concrete_fields
        if field.has_db_default() and not field.has_default()
    )


def _is_converted(field: AnyField) -> bool:
    sets_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return sets_itself or type(field) not in _UNCONVERTED


def _conversion(field: AnyField) -> Callable[[Model], Any]:
    """What `save` would store of a row."""
    if type(field) is JSONField and field.encoder is None:
        attribute = field.attname
        return lambda row: None if (value := vars(row)[attribute]) is None else Jsonb(value)
    return lambda row: field.get_db_prep_save(
        field.pre_save(row, add=True), connections[DEFAULT_DB_ALIAS]
    )
