"""A conversation as a file."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from api.renderers import to_json
from chat.models import Choice, Conversation, Prompt, Reply
from chat.models.conversation import INTAKE_KINDS
from chat.resources import render

WORDS = {
    "en": {
        "untitled": "Conversation",
        "intake": "Intake",
        "member": "You",
        "answer": "Answer",
        "continued": "continued",
        "no answer": "No answer.",
    },
    "ko": {
        "untitled": "대화",
        "intake": "사전 질문",
        "member": "나",
        "answer": "답변",
        "continued": "이어감",
        "no answer": "답변이 없습니다.",
    },
}
_MAX_NAME_CHARS = 80
# RFC 8187 section 3.2.1, attr-char beside letters and digits.
_ATTR_CHARS = "!#$&+-.^_`|~"


@dataclass(frozen=True)
class Export:
    content: bytes
    content_type: str


def as_json(conversation: Conversation, language: str) -> Export:
    """The resource as `GET conversations/{id}` gives it."""
    return Export(to_json(render.conversation(conversation)), "application/json")


def as_markdown(conversation: Conversation, language: str) -> Export:
    """Title, intake, and the turns of the branch that was last talked on, with all choices."""
    text = "\n\n".join(_Document(conversation, WORDS[language]).blocks())
    return Export(f"{text}\n".encode(), "text/markdown; charset=utf-8")


EXPORTS: dict[str, Callable[[Conversation, str], Export]] = {"json": as_json, "md": as_markdown}


def attachment(title: str, extension: str) -> str:
    """A Content-Disposition (RFC 6266) that saves under the title, whatever is in it.

    Old clients get a name in ASCII; no client gets a path, a control character or a name that a
    file system refuses.
    """
    name = _file_name(title)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip(" .")
    encoded = quote(f"{name}.{extension}", safe=_ATTR_CHARS)
    plain = plain if name.isascii() and plain else "conversation"
    return f"attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{encoded}"


def _file_name(title: str) -> str:
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in title)
    safe = re.sub(r'[\\/:*?"<>|%]', " ", visible)
    return " ".join(safe.split())[:_MAX_NAME_CHARS].strip(" .") or "conversation"


class _Document:
    """Needs the conversation as `queries.get_conversation` gives it; asks the database nothing."""

    def __init__(self, conversation: Conversation, words: dict[str, str]) -> None:
        self.conversation = conversation
        self.words = words
        self.prompts = {prompt.id: prompt for prompt in conversation.prompts.all()}
        self.replies = list(conversation.replies.all())
        self.reply_of = {
            choice.id: reply for reply in self.replies for choice in reply.choices.all()
        }

    def blocks(self) -> Iterator[str]:
        yield f"# {' '.join(self.conversation.title.split()) or self.words['untitled']}"
        yield from self._intake()
        for prompt, reply, picked in self._branch():
            if prompt.kind not in INTAKE_KINDS:
                yield f"## {self.words['member']}"
                yield prompt.answer or ""
            yield from self._answers(reply, picked)

    def _intake(self) -> Iterator[str]:
        asked = [prompt for prompt in self.prompts.values() if prompt.kind in INTAKE_KINDS]
        answered = [prompt for prompt in asked if prompt.answer is not None]
        if answered:
            yield f"## {self.words['intake']}"
        for prompt in sorted(answered, key=lambda prompt: prompt.position):
            yield f"**{prompt.prompt}**"
            yield prompt.answer or ""

    def _branch(self) -> list[tuple[Prompt, Reply, Choice | None]]:
        """Oldest first: a prompt, its reply, and the choice of it that the next one follows."""
        turns: list[tuple[Prompt, Reply, Choice | None]] = []
        reply = max(self.replies, key=lambda reply: (reply.created_at, reply.id), default=None)
        picked = None
        while reply is not None:
            prompt = self.prompts[reply.prompt_id]
            turns.append((prompt, reply, picked))
            reply = self.reply_of.get(prompt.parent_id) if prompt.parent_id else None
            picked = next(
                (c for c in reply.choices.all() if c.id == prompt.parent_id) if reply else iter(()),
                None,
            )
        return turns[::-1]

    def _answers(self, reply: Reply, picked: Choice | None) -> Iterator[str]:
        choices = list(reply.choices.all())
        for number, choice in enumerate(choices, start=1):
            heading = self.words["answer"]
            if len(choices) > 1:
                heading += f" {number}/{len(choices)}"
                heading += f" ({self.words['continued']})" if choice == picked else ""
            yield f"## {heading}"
            yield choice.content
        if not choices:
            yield f"## {self.words['answer']}"
            yield f"*{self.words['no answer']}*"
