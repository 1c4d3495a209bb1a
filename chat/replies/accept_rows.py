"""The rows that follow from a request and from what it found; none of them is stored here."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import Member
from api.errors import FieldError
from chat.conversations import conversations, intake, titles
from chat.exchange import message_tree
from chat.models import ChatConfig, Conversation, Prompt, PromptKind, Reply
from chat.states import ReplyStatus

from . import lifecycle
from .accept_statements import AcceptState
from .imported_turns import ImportedBranch
from .reply_request import Idempotency, NotGiven, ReplyRequest


def prompt(request: ReplyRequest, found: AcceptState) -> Prompt:
    """A new one with the message or, without a message, the intake's last. Raises FieldError."""
    if request.message is None:
        return _intake_prompt(found.conversation)
    return Prompt(
        conversation=found.conversation,
        kind=PromptKind.MESSAGE,
        answer=request.message,
        preceding=list(request.preceding),
        parent_id=_parent(request.after, found),
    )


def _intake_prompt(conversation: Conversation) -> Prompt:
    prompt = intake.last_prompt(conversation)
    if prompt is None:
        raise FieldError(field="message", detail="This conversation has no intake to ask with.")
    return prompt


def _parent(after: UUID | NotGiven | None, found: AcceptState) -> UUID | None:
    if isinstance(after, NotGiven):
        return found.tip
    return message_tree.choice_in(found.conversation, after).id if after else None


def config(request: ReplyRequest, found: AcceptState) -> ChatConfig:
    """The conversation's, or a new one where the request differs from it. Raises FieldError.

    A new conversation has the request's config already, but for `stream: false`.
    """
    conversation, given = found.conversation, request.config or {}
    is_conversations_own = found.version is None and given.get("stream", True)
    if not given or is_conversations_own:
        return conversation.config
    return conversations.changed_config(base=conversation.config, given=given)


def queued_reply(
    *,
    member: Member,
    found: AcceptState,
    prompt: Prompt,
    config: ChatConfig,
    idempotency: Idempotency | None,
    request_extra: dict[str, Any],
) -> Reply:
    reply = Reply(
        member=member,
        conversation=found.conversation,
        config=config,
        prompt=prompt,
        status=ReplyStatus.QUEUED,
        created_at=found.now,
        wake_at=found.now + timedelta(seconds=settings.WORKER_WAKE_GRACE_SECONDS),
        idempotency_key=idempotency.key if idempotency else None,
        body_hash=idempotency.body_hash if idempotency else None,
        request_extra=request_extra,
    )
    lifecycle.set_choices(reply, [])
    return reply


def set_positions(prompt: Prompt, imported: ImportedBranch, found: AcceptState) -> None:
    """Of the imported turns, if there are any, and of the prompt that follows them."""
    for position, row in enumerate([*imported.prompts, prompt], start=found.next_position):
        row.conversation, row.position = found.conversation, position
    if imported.choices:
        prompt.parent = imported.choices[-1]


def update_activity(conversation: Conversation, first: Prompt, found: AcceptState) -> None:
    """`first` is the first thing that is said now, after which one without a title is named."""
    conversation.active_at = conversation.updated_at = found.now
    if not conversation.title:
        conversation.title = titles.title_from(first.answer or "")
