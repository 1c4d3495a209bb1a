"""What the demo model understands of a conversation."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from demo.requests.request import Message

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
# An intake's questions are single short lines; an answer of this model never is one.
_MOST_QUESTION_CHARS = 300
_MOST_PAIRS = 3
_MOST_QUOTED_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    asked: str | None
    """The last user message in one line; None when the intake is all there is."""
    state: str | None
    goal: str | None
    misc: str | None
    turn: int
    """1 for the first answer after the intake."""
    korean: bool
    seed: int
    """The same throughout a conversation."""


def read(messages: Sequence[Message]) -> Dialogue:
    spoken = [message for message in messages if message.role in ("user", "assistant")]
    answers = _intake_answers(spoken)
    rest = spoken[2 * len(answers) :]
    state, goal, misc = (*map(quote, answers), None, None, None)[:3]
    asked = next((quote(m.text) for m in reversed(rest) if m.role == "user"), None)
    return Dialogue(
        asked=asked,
        state=state,
        goal=goal,
        misc=misc,
        turn=1 + sum(message.role == "assistant" for message in rest),
        korean=_is_korean(spoken),
        seed=zlib.crc32(next((m.text for m in spoken if m.role == "user"), "").encode()),
    )


def quote(text: str) -> str | None:
    """The first line that says something, cut, without Markdown that would swallow its line."""
    lines = (line.strip().lstrip("#>`~|-*+ ") for line in text.splitlines())
    line = next((line for line in lines if line), None)
    if line is None or len(line) <= _MOST_QUOTED_CHARS:
        return line
    return line[: _MOST_QUOTED_CHARS - 1].rstrip() + "…"


def _intake_answers(spoken: Sequence[Message]) -> list[str]:
    """A conversation that the assistant begins with questions begins with an intake."""
    answers: list[str] = []
    for question, answer in zip(spoken[::2], spoken[1::2], strict=False):
        if not _is_question(question) or answer.role != "user" or len(answers) == _MOST_PAIRS:
            break
        answers.append(answer.text)
    return answers


def _is_question(message: Message) -> bool:
    short = len(message.text) <= _MOST_QUESTION_CHARS and "\n" not in message.text.strip()
    return message.role == "assistant" and short


def _is_korean(spoken: Sequence[Message]) -> bool:
    """The language of the last user message that has letters."""
    for message in reversed(spoken):
        if message.role == "user" and any(char.isalpha() for char in message.text):
            return _HANGUL.search(message.text) is not None
    return False
