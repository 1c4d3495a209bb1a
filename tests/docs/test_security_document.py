"""docs/security.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_it_names_is_there():
    named = re.findall(r"`((?:tests|frontend)/[^`]+)`", (ROOT / "docs/security.md").read_text())

    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).is_file()] == []
