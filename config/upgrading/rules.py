"""What a migration must not do to a table that is in use, and what to do instead."""

from dataclasses import dataclass

from django.db.models import TextChoices


class Rule(TextChoices):
    IN_USE = (
        "in-use",
        "The release before still uses it. Take it out of the models with"
        " SeparateDatabaseAndState, and out of the database one release later.",
    )
    REQUIRED = (
        "required",
        "The release before writes rows without it, and all rows are read for it under a lock:"
        " null=True, or a db_default in a new column.",
    )
    REWRITTEN = (
        "rewritten",
        "Every row is written anew while nobody can read: add another column, fill it, and change"
        " over.",
    )
    INDEXED = (
        "indexed",
        "Nobody can write while an index is built: AddIndexConcurrently (RemoveIndexConcurrently),"
        " with atomic = False.",
    )
    UNVALIDATED = (
        "unvalidated",
        "All rows are read while nobody can write: AddConstraintNotValid (NOT VALID), and"
        " ValidateConstraint in a migration after it. For uniqueness an index that is built"
        " concurrently.",
    )
    MIXED = (
        "mixed",
        "What changes tables keeps its locks until all of the data is written: two migrations.",
    )
    UNKNOWN = (
        "unknown",
        "This check does not know such an operation: teach it, or say in known.py why it is safe.",
    )


@dataclass(frozen=True)
class Fault:
    migration: str  # "chat.0006_openai_surface"
    rule: Rule
    what: str  # the operation, as Django describes it, or the statement

    def __str__(self) -> str:
        return f"{self.migration}: {self.what}\n    {self.rule.label} [{self.rule}]"
