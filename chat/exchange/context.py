"""What the model is told: the system text, the intake as questions and answers, then the branch.

The system text and the intake are always sent; of the branch the oldest turns are left out when
the whole would be longer than CHAT_CONTEXT_MAX_CHARS. Everything comes from rows that do not
change once a reply used them, so the same request can be built again at any time.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from api.prepared import Prepared
from chat.models import Choice, Prompt, Reply
from chat.models.conversation import INTAKE_KINDS
from chat.states import ReplyStatus

from . import message_tree
from .message_tree import Message, Turn


@dataclass(frozen=True)
class Context:
    messages: list[Message]
    start: UUID | None  # the oldest turn that still fitted; None when none was left out


_answered = Prepared(
    lambda conversation: Prompt.objects.filter(
        conversation=conversation, kind__in=INTAKE_KINDS, answer__isnull=False
    ).order_by("position")
)


def of(reply: Reply) -> Context:
    """What is to be sent or, once that is known, what was sent, whatever the setting is by now.

    Two queries; `reply.config` and `reply.prompt` should be loaded.
    """
    head = _head(reply)
    if reply.context_start_id is not None or reply.status == ReplyStatus.COMPLETED:
        turns = message_tree.turns_from(prompt=reply.prompt, start=reply.context_start_id)
    else:
        room = settings.CHAT_CONTEXT_MAX_CHARS - sum(len(message["content"]) for message in head)
        turns = message_tree.turns_within(prompt=reply.prompt, max_chars=max(0, room))
    oldest = turns[0]
    left_out = oldest.role is not None
    return Context(messages=head + _messages(turns), start=oldest.prompt_id if left_out else None)


def chars_before(choice: Choice) -> int:
    """How long what is sent along with a message after the choice is, without the system text.

    Two queries; `choice.reply.prompt` should be loaded.
    """
    intake = _intake(choice.reply.conversation_id)
    return sum(len(message["content"]) for message in intake) + message_tree.chars_until(choice)


def _head(reply: Reply) -> list[Message]:
    config = reply.config
    system = [{"role": config.system_role, "content": config.system}] if config.system else []
    return system + _intake(reply.conversation_id)


def _intake(conversation_id: UUID) -> list[Message]:
    told: list[Message] = []
    for prompt in _answered.all(conversation=conversation_id):
        told.append({"role": "assistant", "content": prompt.prompt})
        told.append({"role": "user", "content": prompt.answer or ""})
    return told


def _messages(turns: list[Turn]) -> list[Message]:
    """The choice before the oldest turn belongs to a turn that was left out, or there is none."""
    messages: list[Message] = []
    for number, turn in enumerate(turns):
        if number > 0:
            messages.append({"role": turn.role or "assistant", "content": turn.content or ""})
        messages += turn.preceding
        if turn.kind not in INTAKE_KINDS:
            messages.append({"role": "user", "content": turn.answer})
    return messages
