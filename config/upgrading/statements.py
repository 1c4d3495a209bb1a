"""What SQL that was written by hand does to tables. Bodies of functions do nothing yet."""

import re
from collections.abc import Iterable, Iterator, Set

from .rules import Rule

# In this order, since a comment may hold a quote, and a body everything.
_IGNORED = re.compile(r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'", re.DOTALL)
_TABLE = r'(?:IF (?:NOT )?EXISTS )?(?:ONLY )?"?(\w+)"?'
_CREATED = re.compile(rf"CREATE TABLE {_TABLE}", re.IGNORECASE)
_CHANGED = re.compile(rf"(?:ALTER|DROP) TABLE {_TABLE}", re.IGNORECASE)
_ON = re.compile(rf"\bON {_TABLE}", re.IGNORECASE)
_DATA = re.compile(r"(?:INSERT|UPDATE|DELETE|MERGE|WITH|SELECT)\b", re.IGNORECASE)
_CONSTRAINT = re.compile(
    r"\bADD (?:CONSTRAINT|CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY)\b"
    r"(?!(?:[^,(]|\([^)]*\))*(?:NOT VALID|USING INDEX))",
    re.IGNORECASE,
)
_RULES = {
    Rule.IN_USE: re.compile(
        r"^DROP (?!INDEX)|\bDROP (?!CONSTRAINT|DEFAULT|NOT NULL|INDEX)\w|\bRENAME\b", re.IGNORECASE
    ),
    Rule.REQUIRED: re.compile(
        r"\bSET NOT NULL|\bADD (?:COLUMN )?(?!CONSTRAINT)(?:(?!DEFAULT)[^,])*\bNOT NULL"
        r"(?![^,]*DEFAULT)",
        re.IGNORECASE,
    ),
    Rule.REWRITTEN: re.compile(r"\bALTER (?:COLUMN )?\S+ (?:SET DATA )?TYPE\b", re.IGNORECASE),
    Rule.INDEXED: re.compile(
        r"^(?:CREATE (?:UNIQUE )?|DROP |RE)INDEX (?!(?:\w+ )?CONCURRENTLY)", re.IGNORECASE
    ),
    Rule.UNVALIDATED: _CONSTRAINT,
}


def split(sql: str) -> list[str]:
    """The statements, without comments and without what stands in quotes."""
    bare = _IGNORED.sub(lambda found: " " if found[0][0] in "-/" else "''", sql)
    return [" ".join(part.split()) for part in bare.split(";") if part.strip()]


def is_data(statement: str) -> bool:
    return bool(_DATA.match(statement))


def created(statements: Iterable[str]) -> set[str]:
    return {found[1] for statement in statements if (found := _CREATED.match(statement))}


def broken(statement: str, *, new: Set[str]) -> Iterator[Rule]:
    """What it does wrong, unless to a table of `new`."""
    found = _table(statement)
    if found is None or found[1] not in new:
        yield from (rule for rule, wrong in _RULES.items() if wrong.search(statement))


def _table(statement: str) -> "re.Match[str] | None":
    return _CHANGED.match(statement) or _ON.search(statement)
