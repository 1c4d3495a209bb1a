"""Turns that were said elsewhere: a caller of /v1 sends them along, and they become rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from api import insertion
from api.ids import uuid7
from chat.exchange.message_tree import Message
from chat.models import ChatConfig, Choice, Prompt, PromptKind, Reply
from chat.states import ReplyStatus


@dataclass(frozen=True, kw_only=True)
class ImportedTurn:
    """A message with its answer: no model is asked, and it does not count to the limit."""

    message: str
    answer: str
    preceding: Sequence[Message] = ()


@dataclass(frozen=True)
class ImportedBranch:
    """Rows of a branch, oldest first, each prompt with the reply and the choice that follow it."""

    prompts: list[Prompt] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)


def branch(
    *, parent: UUID | None, turns: Sequence[ImportedTurn], config: ChatConfig, now: datetime
) -> ImportedBranch:
    """The turns as a branch that follows the choice `parent`.

    Unsaved, and without conversation, member and position. Their ids, by which replies of one
    moment are ordered, are smaller than any that is made later.
    """
    made = ImportedBranch()
    for turn in turns:
        prompt = Prompt(kind=PromptKind.MESSAGE, answer=turn.message, parent_id=parent)
        prompt.preceding = list(turn.preceding)
        reply = Reply(id=uuid7(), prompt=prompt, config=config, extra={"given": True})
        reply.status = ReplyStatus.COMPLETED
        reply.created_at = reply.finished_at = now
        choice = Choice(reply=reply, index=0, content=turn.answer, finish_reason="stop")
        parent = choice.id
        made.prompts.append(prompt)
        made.replies.append(reply)
        made.choices.append(choice)
    return made


def store(imported: ImportedBranch, *, before: Reply) -> None:
    """In the conversation of the reply that it leads to; three queries, none where it is empty."""
    for reply in imported.replies:
        reply.conversation, reply.member = before.conversation, before.member
    insertion.insert_all(imported.prompts)
    insertion.insert_all(imported.replies)
    insertion.insert_all(imported.choices)
