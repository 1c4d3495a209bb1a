"""Rows that are inserted with all columns of their model."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction
from psycopg.types.json import Jsonb

from accounts.models import Session
from api import insertion
from api.insertion import insert_all
from chat.models import Choice

pytestmark = pytest.mark.django_db


class Counted(models.Model):
    """Of no table: only its columns are looked at."""

    key = models.UUIDField(primary_key=True)
    number = models.IntegerField(db_default=7)

    class Meta:
        app_label = "api"
        managed = False

    def __str__(self) -> str:
        return str(self.key)


def test_rows_are_stored_as_save_stores_them(member):
    rows = [Session(member=member, user_agent=agent) for agent in ("One", "Two's %s")]

    insert_all(rows)

    assert list(Session.objects.order_by("user_agent")) == rows
    assert {row.user_agent for row in Session.objects.all()} == {"One", "Two's %s"}
    assert not rows[0]._state.adding


def test_what_the_database_refuses_is_an_error_of_djangos(member):
    row = Session(member=member, user_agent="One")
    insert_all([row])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([row])


def test_a_step_of_a_larger_statement_inserts_for_a_row_of_its_source(member):
    row = Session(member=member, user_agent="One")
    values = insertion.of(row).values(row)
    step = insertion.of(row).selecting_from("source", given=values)
    statement = (
        f"WITH source AS (SELECT WHERE %(wanted)s), inserted AS ({step} RETURNING id)"
        " SELECT id FROM inserted"
    )

    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"wanted": False})
        assert cursor.fetchone() is None
        cursor.execute(statement, values | {"wanted": True})
        assert cursor.fetchone() == (row.id,)

    stored = Session.objects.get()
    names = [field.attname for field in Session._meta.concrete_fields]
    assert {name: getattr(stored, name) for name in names} == {
        name: getattr(row, name) for name in names
    }


def test_each_column_of_the_model_has_a_value_or_is_null():
    row = Choice(reply_id=uuid4(), index=0, content="Hi", extra={"a": None})

    values = insertion.of(row).values(row)
    statement = insertion.of(row).selecting_from("source", given=values)

    columns = {f"chat_choice.{field.column}" for field in Choice._meta.fields}
    assert columns - set(values) == {"chat_choice.finish_reason"}
    assert isinstance(values["chat_choice.extra"], Jsonb)
    assert [name for name in values if f"%({name})s" not in statement] == []
    assert statement.count("NULL") == 1


def test_what_the_database_makes_up_is_left_to_it():
    made_up, given = Counted(key=uuid4()), Counted(key=uuid4(), number=8)

    assert list(insertion.of(made_up).values(made_up)) == ["api_counted.key"]
    assert insertion.of(given).values(given)["api_counted.number"] == 8
    assert insertion.of(made_up).into == 'INSERT INTO "api_counted" ("key")'


def test_a_models_statement_is_made_once():
    assert insertion.of(Choice()) is insertion.of(Choice())
