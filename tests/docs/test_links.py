"""What the documents lead to is there: files, headings, modules."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def anchors(document: Path) -> set[str]:
    """As GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    inner = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inner if not leads_somewhere(document, link)] == []


def test_the_architecture_names_modules_that_exist() -> None:
    named = re.findall(
        r"`([a-z_]+/[a-z_/]+(?:\.py)?)`", (ROOT / "docs/architecture.md").read_text()
    )
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_is_the_same_in_both_languages() -> None:
    english, korean = ((ROOT / name).read_text() for name in ("README.md", "README.ko.md"))
    # The picture has one in Korean beside it.
    korean = korean.replace(".ko.png", ".png")
    for part in (r"^## ", r"\]\((?!README)([^)\s]+)\)", r"`([A-Za-z_]{3,})`"):
        found = [sorted(re.findall(part, text, re.MULTILINE)) for text in (english, korean)]
        assert found[0] == found[1]
