"""What a new or changed column does to the table it is in, and to who does not know of it."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import NOT_PROVIDED, CharField, TextField

from .rules import Rule


def added(field: Any) -> Iterator[Rule]:
    if field.many_to_many:
        return  # a table of its own
    if not _may_be_left_out(field):
        yield Rule.REQUIRED
    if field.generated:
        yield Rule.REWRITTEN
    if field.unique or field.db_index:
        yield Rule.INDEXED
    if getattr(field, "db_constraint", False):
        yield Rule.UNVALIDATED


def altered(old: Any, new: Any) -> Iterator[Rule]:
    if old.column != new.column:
        yield Rule.IN_USE
    if (old.null and not new.null) or (_may_be_left_out(old) and not _may_be_left_out(new)):
        yield Rule.REQUIRED
    if old.db_type(connection) != new.db_type(connection) and not _is_wider(old, new):
        yield Rule.REWRITTEN
    if (new.unique or new.db_index) and not (old.unique or old.db_index):
        yield Rule.INDEXED
    if getattr(new, "db_constraint", False) and not getattr(old, "db_constraint", False):
        yield Rule.UNVALIDATED


def _may_be_left_out(field: Any) -> bool:
    return bool(field.null or field.generated or field.db_default is not NOT_PROVIDED)


def _is_wider(old: Any, new: Any) -> bool:
    if not isinstance(old, CharField):
        return False
    wider = isinstance(new, CharField) and (new.max_length or 0) > (old.max_length or 0)
    return wider or isinstance(new, TextField)
