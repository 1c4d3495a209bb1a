"""Documents that are made from the code: a command writes one, a test finds it stale."""

from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class GeneratedDocument(BaseCommand):
    """Writes `path`, or with `--check` only says whether it is what it would write."""

    path: ClassVar[str]  # below the project's folder
    requires_system_checks: list[str] = []

    def document(self) -> str:
        """The whole text; the same code gives the same text."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail if the document is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = settings.BASE_DIR / self.path
        text = self.document()
        if not options["check"]:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            command = type(self).__module__.rpartition(".")[2]
            raise CommandError(f"{self.path} is stale: run `python manage.py {command}`.")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
