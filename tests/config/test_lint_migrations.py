"""Migrations run while the release before still works: what would hurt it is found beforehand."""

import pytest
from django.contrib.postgres import operations as postgres
from django.core.management import CommandError, call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Q

from config.upgrading import linting
from config.upgrading.rules import Rule

SHELF = ModelState(
    "chat",
    "Shelf",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("size", models.IntegerField(null=True)),
        ("room", models.CharField(max_length=20, db_default="")),
    ],
    options={
        "indexes": [models.Index(fields=["size"], name="shelf_size")],
        "constraints": [models.UniqueConstraint(fields=["name"], name="one_name")],
    },
)
POSITIVE = models.CheckConstraint(condition=Q(size__gt=0), name="positive")
BOOK = migrations.CreateModel("Book", [("id", models.BigAutoField(primary_key=True))])


def added(field: models.Field) -> migrations.AddField:
    return migrations.AddField("shelf", "new", field)


def altered(name: str, field: models.Field) -> migrations.AlterField:
    return migrations.AlterField("shelf", name, field)


def faults(*operations, atomic: bool = True) -> list[Rule]:
    migration = migrations.Migration("0002_bad", "chat")
    migration.operations, migration.atomic = list(operations), atomic
    before = ProjectState(models={("chat", "shelf"): SHELF})
    return [fault.rule for fault in linting.faults(migration, before)]


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        (migrations.DeleteModel("shelf"), Rule.IN_USE),
        (migrations.RenameModel("shelf", "Board"), Rule.IN_USE),
        (migrations.AlterModelTable("shelf", "board"), Rule.IN_USE),
        (migrations.RemoveField("shelf", "room"), Rule.IN_USE),
        (migrations.RenameField("shelf", "room", "hall"), Rule.IN_USE),
        (migrations.RemoveConstraint("shelf", "one_name"), Rule.IN_USE),
        (added(models.IntegerField(default=0)), Rule.REQUIRED),
        (added(models.IntegerField(null=True, db_index=True)), Rule.INDEXED),
        (added(models.IntegerField(null=True, unique=True)), Rule.INDEXED),
        (
            altered("room", models.CharField(max_length=20, db_column="hall", db_default="")),
            Rule.IN_USE,
        ),
        (altered("size", models.IntegerField()), Rule.REQUIRED),
        (altered("room", models.CharField(max_length=20)), Rule.REQUIRED),
        (altered("name", models.CharField(max_length=10)), Rule.REWRITTEN),
        (altered("size", models.BigIntegerField(null=True)), Rule.REWRITTEN),
        (altered("size", models.IntegerField(null=True, db_index=True)), Rule.INDEXED),
        (migrations.AddIndex("shelf", models.Index(fields=["room"], name="r")), Rule.INDEXED),
        (migrations.RemoveIndex("shelf", "shelf_size"), Rule.INDEXED),
        (migrations.AddConstraint("shelf", POSITIVE), Rule.UNVALIDATED),
        (migrations.AlterUniqueTogether("shelf", {("size", "room")}), Rule.UNKNOWN),
        (migrations.RunSQL("DROP TABLE chat_shelf"), Rule.IN_USE),
        (migrations.RunSQL("ALTER TABLE chat_shelf DROP COLUMN room"), Rule.IN_USE),
        (migrations.RunSQL("ALTER TABLE chat_shelf DROP room"), Rule.IN_USE),
        (migrations.RunSQL("alter table chat_shelf rename room to hall"), Rule.IN_USE),
        (migrations.RunSQL("DROP FUNCTION chat_needles(uuid, text)"), Rule.IN_USE),
        (migrations.RunSQL("ALTER TABLE chat_shelf ALTER size SET NOT NULL"), Rule.REQUIRED),
        (migrations.RunSQL("ALTER TABLE chat_shelf ADD COLUMN a int NOT NULL"), Rule.REQUIRED),
        (migrations.RunSQL("ALTER TABLE chat_shelf ALTER size TYPE bigint"), Rule.REWRITTEN),
        (migrations.RunSQL("CREATE INDEX a ON chat_shelf (size)"), Rule.INDEXED),
        (migrations.RunSQL("CREATE UNIQUE INDEX a ON chat_shelf (size)"), Rule.INDEXED),
        (migrations.RunSQL("DROP INDEX shelf_size"), Rule.INDEXED),
        (migrations.RunSQL("REINDEX TABLE chat_shelf"), Rule.INDEXED),
        (
            migrations.RunSQL("ALTER TABLE chat_shelf ADD CONSTRAINT a CHECK (size IN (1, 2))"),
            Rule.UNVALIDATED,
        ),
        (
            migrations.RunSQL(
                [
                    "SELECT 1",
                    (
                        "ALTER TABLE chat_shelf ADD CONSTRAINT a CHECK (size > %s) NOT VALID,"
                        " ADD CONSTRAINT b UNIQUE (size, room)",
                        [0],
                    ),
                ]
            ),
            Rule.UNVALIDATED,
        ),
    ],
)
def test_what_hurts_the_release_before_is_found(operation, rule: Rule) -> None:
    assert rule in faults(operation)


@pytest.mark.parametrize(
    "operation",
    [
        BOOK,
        added(models.IntegerField(null=True)),
        added(models.IntegerField(db_default=0)),
        added(
            models.ForeignKey(
                "shelf", models.CASCADE, null=True, db_index=False, db_constraint=False
            )
        ),
        altered("name", models.CharField(max_length=30)),
        altered("name", models.TextField()),
        altered("name", models.CharField(max_length=20, null=True)),
        postgres.AddIndexConcurrently("shelf", models.Index(fields=["room"], name="r")),
        postgres.RemoveIndexConcurrently("shelf", "shelf_size"),
        postgres.AddConstraintNotValid("shelf", POSITIVE),
        migrations.AlterModelOptions("shelf", {"ordering": ["name"]}),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("shelf")]),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.RunSQL("UPDATE chat_shelf SET size = 1 WHERE room = 'DROP TABLE x; a'"),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON chat_shelf (size)"),
        migrations.RunSQL("ALTER TABLE chat_shelf ADD a int NOT NULL DEFAULT 0"),
        migrations.RunSQL(
            "ALTER TABLE chat_shelf ADD CONSTRAINT a CHECK (size IN (1, 2)) NOT VALID"
        ),
        migrations.RunSQL("ALTER TABLE chat_shelf ADD CONSTRAINT a UNIQUE USING INDEX b"),
        migrations.RunSQL("-- DROP TABLE chat_shelf;\nSELECT $$ DROP TABLE chat_shelf; $$"),
    ],
)
def test_what_it_bears_is_let_through(operation) -> None:
    assert faults(operation) == []


def test_a_table_that_the_migration_makes_itself_is_nobodys_yet() -> None:
    index = models.Index(fields=["id"], name="book")
    assert faults(BOOK, migrations.AddIndex("book", index)) == []
    assert faults(BOOK, migrations.RunSQL("CREATE INDEX a ON chat_book (id)")) == []


def test_data_is_not_written_under_the_locks_of_a_changed_table() -> None:
    column, data = added(models.IntegerField(null=True)), migrations.RunSQL("UPDATE a SET b = 1")
    assert faults(column, data) == [Rule.MIXED]
    assert faults(column, data, atomic=False) == []


def test_a_constraint_is_not_validated_under_the_lock_that_added_it() -> None:
    validate = postgres.ValidateConstraint("shelf", "positive")
    assert faults(postgres.AddConstraintNotValid("shelf", POSITIVE), validate) == [Rule.UNVALIDATED]


@pytest.fixture
def one_more_migration(tmp_path, monkeypatch, settings):
    """Writes one that follows the last of `chat`, to be seen by Django beside the real ones."""
    app, last = MigrationLoader(None).graph.leaf_nodes("chat")[0]
    beside = tmp_path / "chat_with_one_more"
    beside.mkdir()
    (beside / "__init__.py").write_text(
        "import chat.migrations\n__path__ += chat.migrations.__path__"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"chat": beside.name}

    def write(operation: str) -> None:
        (beside / "9999_one_more.py").write_text(
            "from django.db import migrations\n"
            "class Migration(migrations.Migration):\n"
            f"    dependencies = [({app!r}, {last!r})]\n"
            f"    operations = [{operation}]\n"
        )

    return write


def test_the_command_turns_red_for_a_bad_migration(one_more_migration, capsys) -> None:
    call_command("lint_migrations")
    assert "no other" in capsys.readouterr().out
    one_more_migration('migrations.RemoveField("reply", "extra")')
    with pytest.raises(
        CommandError, match=r"chat\.9999_one_more: Remove field extra from reply\n.+one"
    ):
        call_command("lint_migrations")
