"""Conversations: how they begin, and what the model is asked with."""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import Member
from api.ids import uuid7

from . import events, intake, offers
from .models import ChatConfig, Conversation

CONFIG_FIELDS = ("model", "temperature", "stream", "max_tokens", "n", "system")


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a member may say of a new conversation."""

    language: str
    intake: bool = True
    title: str = ""
    config: dict[str, Any] = field(default_factory=dict)


def begin(*, member: Member, beginning: Beginning) -> Conversation:
    """Raises FieldError for a model that is not offered."""
    conversation = Conversation(
        member=member, title=beginning.title, title_chosen=bool(beginning.title)
    )
    config = ChatConfig(conversation=conversation, **with_model(beginning.config))
    conversation.config = config
    with transaction.atomic():
        # Each names the other; the foreign keys are checked at the commit.
        conversation.save(force_insert=True)
        config.save(force_insert=True)
        if beginning.intake:
            intake.ask(conversation=conversation, language=beginning.language)
        transaction.on_commit(lambda: events.conversation_begun(conversation))
    return conversation


def with_model(given: dict[str, Any]) -> dict[str, Any]:
    """The given config with a model that is offered. Raises FieldError naming `config.model`."""
    return given | {"model": offers.checked(given.get("model"))}


def changed_config(*, base: ChatConfig, given: dict[str, Any]) -> ChatConfig:
    """A new row: `base` with what is given. Unsaved. Raises FieldError."""
    fields = {name: getattr(base, name) for name in CONFIG_FIELDS} | given
    return ChatConfig(id=uuid7(), conversation_id=base.conversation_id, **with_model(fields))
