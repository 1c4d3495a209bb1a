"""Reads migrations by their operations, so that no database is needed."""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import migrations
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint

from . import fields, statements
from .rules import Fault, Rule

# Quick, and harmless to a release that does not know of it.
_HARMLESS = (
    migrations.AlterModelManagers,
    migrations.AlterModelOptions,
    migrations.AlterModelTableComment,
    migrations.CreateModel,
    migrations.RenameIndex,
    postgres.AddConstraintNotValid,
    postgres.AddIndexConcurrently,
    postgres.CreateCollation,
    postgres.RemoveIndexConcurrently,
)
_IN_USE = (
    migrations.AlterModelTable,
    migrations.DeleteModel,
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
)


def faults(migration: Migration, before: ProjectState) -> Iterator[Fault]:
    """What is wrong with it where the tables are as `before` says."""
    name = f"{migration.app_label}.{migration.name}"
    reading = _Reading(migration.app_label, before.clone())
    for operation in _of_the_database(migration.operations):
        yield from (Fault(name, rule, what) for rule, what in reading.read(operation))
    if migration.atomic and reading.changes_tables and reading.writes_data:
        yield Fault(name, Rule.MIXED, reading.writes_data)


def _of_the_database(operations: Any) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _of_the_database(operation.database_operations)
        else:
            yield operation


class _Reading:
    """One migration, operation by operation: rules do not hold for the tables it makes itself."""

    def __init__(self, app: str, state: ProjectState) -> None:
        self.changes_tables = False
        self.writes_data = ""  # what does, if anything
        self._app = app
        self._state = state
        self._new: set[str] = set()
        self._unvalidated: set[str] = set()

    def read(self, operation: Operation) -> Iterator[tuple[Rule, str]]:
        before = self._state.clone()
        operation.state_forwards(self._app, self._state)
        if isinstance(operation, migrations.RunSQL):
            yield from self._read_sql(operation)
        elif isinstance(operation, migrations.RunPython):
            self.writes_data = operation.describe()
        else:
            self.changes_tables = True
            yield from ((rule, operation.describe()) for rule in self._broken(operation, before))

    def _read_sql(self, operation: migrations.RunSQL) -> Iterator[tuple[Rule, str]]:
        given = [operation.sql] if isinstance(operation.sql, str) else operation.sql
        texts = [one if isinstance(one, str) else one[0] for one in given]
        found = [statement for text in texts for statement in statements.split(text)]
        self._new |= statements.created(found)
        for statement in found:
            if statements.is_data(statement):
                self.writes_data = statement
            else:
                self.changes_tables = True
                broken = statements.broken(statement, new=self._new)
                yield from ((rule, statement) for rule in broken)

    def _broken(self, operation: Any, before: ProjectState) -> Iterator[Rule]:
        if isinstance(operation, migrations.CreateModel):
            self._new.add(self._table(operation.name, self._state))
        elif isinstance(operation, postgres.AddConstraintNotValid):
            self._unvalidated.add(operation.constraint.name)
        elif isinstance(operation, postgres.ValidateConstraint):
            if operation.name in self._unvalidated:
                yield Rule.UNVALIDATED  # under the lock of the one before
        elif isinstance(operation, _HARMLESS) or self._is_new(operation, before):
            pass
        elif isinstance(operation, _IN_USE):
            yield Rule.IN_USE
        else:
            yield from self._broken_in_place(operation, before)

    def _broken_in_place(self, operation: Any, before: ProjectState) -> Iterator[Rule]:
        match operation:
            case migrations.AddField():
                yield from fields.added(operation.field)
            case migrations.AlterField():
                yield from fields.altered(
                    self._field(operation, before), self._field(operation, self._state)
                )
            case migrations.AddIndex() | migrations.RemoveIndex():
                yield Rule.INDEXED
            case migrations.AddConstraint():
                yield Rule.UNVALIDATED
            case migrations.RemoveConstraint():
                model = before.models[self._app, operation.model_name_lower]
                if isinstance(model.get_constraint_by_name(operation.name), UniqueConstraint):
                    yield Rule.IN_USE  # by INSERT … ON CONFLICT
            case _:
                yield Rule.UNKNOWN

    def _is_new(self, operation: Any, before: ProjectState) -> bool:
        model = getattr(operation, "model_name", None) or getattr(operation, "name", None)
        if model is None or (self._app, model.lower()) not in before.models:
            return False
        return self._table(model, before) in self._new

    def _table(self, model: str, state: ProjectState) -> str:
        options = state.models[self._app, model.lower()].options
        return str(options.get("db_table") or f"{self._app}_{model.lower()}")

    def _field(self, operation: Any, state: ProjectState) -> Any:
        return state.apps.get_model(self._app, operation.model_name)._meta.get_field(operation.name)
