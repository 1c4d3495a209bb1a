"""Documents that are made from the code say what the code says."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("erd", "errors_doc")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_document_is_not_stale(command: str) -> None:
    call_command(command, check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stale_document_is_told_with_the_command_that_renews_it(
    command: str, tmp_path, settings
) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match=rf"stale: run `python manage\.py {command}`"):
        call_command(command, check=True)
    call_command(command)
    call_command(command, check=True)


def test_the_numbers_of_the_retry_rules_are_the_defaults() -> None:
    said = re.findall(r"(\d+) \w+ \(([A-Z_]+)\)", (ROOT / "docs/errors.md").read_text())
    defaults = (ROOT / ".env.example").read_text()
    assert len(said) >= 5
    for number, name in said:
        assert f"# {name}={number}\n" in defaults
