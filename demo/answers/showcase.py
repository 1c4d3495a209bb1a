"""Puts an answer together from the phrases of one language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from demo.answers.dialogue import Dialogue

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    heading: str
    body: str
    """Markdown with a list, a fenced code block, a table and mathematics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    greetings: frozenset[str]
    """Questions, in lower case without punctuation, that get a short answer."""
    welcomes: Sequence[str]
    """Short answers, one for each turn in rotation."""
    openings: Sequence[str]
    """First sentences, one for each turn in rotation."""
    after_intake: str
    """The first sentence when nothing was asked yet: the goal is quoted after it."""
    intake: Callable[[str | None, str | None, str | None], str]
    """A paragraph from the answers about state, goal and other requirements."""
    take: str
    """With `{number}`: tells the second choice and later ones apart."""
    themes: Sequence[Theme]
    about: str
    """Who is speaking, and how to get a real model; in the first turn."""
    reminder: str
    """The same in a sentence; in later turns."""


def write(dialogue: Dialogue, phrases: Phrases, *, choice: int) -> str:
    if _is_greeting(dialogue, phrases):
        parts = _short(dialogue, phrases)
    else:
        parts = _long(dialogue, phrases, choice=choice)
    if choice:
        parts.insert(0, phrases.take.format(number=choice + 1))
    return "\n\n".join(part.strip() for part in parts if part)


def _short(dialogue: Dialogue, phrases: Phrases) -> list[str]:
    return [_pick(phrases.welcomes, dialogue.turn - 1), _intake(dialogue, phrases), phrases.about]


def _long(dialogue: Dialogue, phrases: Phrases, *, choice: int) -> list[str]:
    turn = dialogue.turn - 1
    theme = _pick(phrases.themes, dialogue.seed + turn + choice)
    return [
        f"## {theme.heading}",
        _pick(phrases.openings, turn + choice) if dialogue.asked else phrases.after_intake,
        f"> {dialogue.asked or dialogue.goal or dialogue.state or '…'}",
        _intake(dialogue, phrases),
        theme.body,
        "---",
        phrases.reminder if turn else phrases.about,
    ]


def _intake(dialogue: Dialogue, phrases: Phrases) -> str:
    if dialogue.state is None and dialogue.goal is None and dialogue.misc is None:
        return ""
    plain = [
        None if told is None else told.rstrip(" .。")
        for told in (dialogue.state, dialogue.goal, dialogue.misc)
    ]
    return phrases.intake(*plain)


def _is_greeting(dialogue: Dialogue, phrases: Phrases) -> bool:
    return (dialogue.asked or "").strip(" .!?~^,…").lower() in phrases.greetings


def _pick(options: Sequence[_T], position: int) -> _T:
    return options[position % len(options)]
