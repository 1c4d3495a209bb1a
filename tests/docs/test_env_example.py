"""`.env.example` lists every variable that is read, each with its default."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {"former_keys", "text", "names", "origins", "whole", "seconds", "switch", "zone", "url"}
SOURCES = ("config/settings.py", "config/env.py", "config/launcher/options.py")
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_ASKED = re.compile(r"\$\{([A-Z_]+)(:-([^${}]*))?")
_LINE = re.compile(r"# ([A-Z][A-Z0-9_]*)=(.*)")


def calls() -> Iterator[ast.Call]:
    """The calls that read a variable, in all sources."""
    for source in SOURCES:
        for node in ast.walk(ast.parse((ROOT / source).read_text())):
            if isinstance(node, ast.Call) and _reads_a_variable(node):
                yield node


def name_of(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def default_of(call: ast.Call) -> str | None:
    """As it would be written in the file; None when the code computes it."""
    given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "default")]
    if not given:
        return ""
    if not isinstance(given[0], ast.Constant):
        return None
    value = given[0].value
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def listed() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := _LINE.fullmatch(line)))


def composed() -> dict[str, str]:
    """What docker-compose.yml asks for, each with its default, and what an engine does."""
    asked = _ASKED.findall((ROOT / "docker-compose.yml").read_text())
    return {name: default for name, _, default in asked} | {"COMPOSE_PROFILES": ""}


def test_every_variable_is_listed_and_no_other() -> None:
    assert set(listed()) == {name_of(call) for call in calls()} | set(composed())


def test_the_defaults_of_compose_are_listed_where_only_compose_has_them() -> None:
    only = set(composed()) - {name_of(call) for call in calls()}

    assert {name: listed()[name] for name in only} == {name: composed()[name] for name in only}


def test_the_defaults_are_those_of_the_code() -> None:
    wrong = {
        name_of(call): (listed()[name_of(call)], default)
        for call in calls()
        if (default := default_of(call)) and listed()[name_of(call)] != default
    }
    assert wrong == {}


def test_each_variable_has_one_line_that_explains_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if _LINE.fullmatch(line):
            assert before.startswith("# "), line
            assert not _LINE.fullmatch(before), line


def _reads_a_variable(call: ast.Call) -> bool:
    """Every function of config/env.py that is given a name reads it; only one refuses it."""
    function = ast.unparse(call.func)
    first = call.args[0] if call.args else None
    named = isinstance(first, ast.Constant) and _NAME.fullmatch(str(first.value))
    ours = function.startswith("env.") or ("." not in function and function != "refuse")
    return bool(named) and ours
