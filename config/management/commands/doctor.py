"""`manage.py doctor`: looks at everything this installation needs, and says what to do."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import database, engine, sense, servers
from config.doctor.findings import Finding, Level, problem

_MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.PROBLEM: "PROBLEM"}


class Command(BaseCommand):
    help = "Looks at settings, servers, workers, model and clock. Exit code 1 when one is broken."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with _silence():
            found = _examine()
        if options["json"]:
            self.stdout.write(json.dumps([vars(finding) for finding in found], ensure_ascii=False))
        else:
            self.stdout.write("\n".join(map(_line, found)))
        if any(finding.level == Level.PROBLEM for finding in found):
            raise SystemExit(1)


@contextmanager
def _silence() -> Iterator[None]:
    """What is wrong is said once, in its finding."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _examine() -> list[Finding]:
    found = sense.examine() + database.examine()
    if not any(finding.level == Level.PROBLEM for finding in found):
        found += _safely("workers", engine.examine_workers)
    return found + _safely("servers", servers.examine) + _safely("model", engine.examine_model)


def _safely(about: str, examine: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return examine()
    except Exception as error:  # one broken part must not hide what is known of the others
        return [problem(about, f"It could not be examined: {type(error).__name__}: {error}")]


def _line(finding: Finding) -> str:
    return f"{_MARKS[finding.level]}  {finding.about}: {finding.says}"
