"""Conversations: how they begin and change, and what the model is asked with."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Member
from api.ids import uuid7
from chat import model_parameters
from chat.events import publisher
from chat.models import ChatConfig, Conversation

from . import available_models, intake


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a member may say of a new conversation."""

    language: str
    intake: bool = True
    title: str = ""
    config: dict[str, Any] = field(default_factory=dict)


def begin(*, member: Member, beginning: Beginning) -> Conversation:
    """Raises FieldError for a model that is not offered."""
    conversation = drafted(member=member, title=beginning.title, config=beginning.config)
    with transaction.atomic():
        store(conversation)
        if beginning.intake:
            intake.ask(conversation=conversation, language=beginning.language)
        transaction.on_commit(lambda: publisher.conversation_begun(conversation))
    return conversation


def drafted(*, member: Member, title: str, config: dict[str, Any]) -> Conversation:
    """One that is not stored yet, with its config. Raises FieldError for an unknown model."""
    conversation = Conversation(member=member, title=title, title_chosen=bool(title))
    conversation.config = ChatConfig(conversation=conversation, **with_model(config))
    return conversation


def store(conversation: Conversation) -> None:
    """Stores a drafted one. Needs a transaction: each row names the other until the commit."""
    conversation.save(force_insert=True)
    conversation.config.save(force_insert=True)


def locked(*, member: Member, conversation_id: UUID) -> tuple[Conversation, datetime]:
    """For writing, in a transaction, with the database's time; deleted ones too.

    Raises Conversation.DoesNotExist.
    """
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("config")
    conversation = rows.annotate(now=Now()).get(id=conversation_id, member=member)
    return conversation, conversation.now


def change(*, member: Member, conversation_id: UUID, fields: dict[str, Any]) -> None:
    """Sets the given ones of title, pinned, archived and config, which holds for later replies.

    Nothing was said, so the conversation keeps its place in the list. Raises
    Conversation.DoesNotExist and FieldError.
    """
    with transaction.atomic():
        conversation, now = locked(member=member, conversation_id=conversation_id)
        if conversation.deleted_at is not None:
            raise Conversation.DoesNotExist()
        changes = _changes(conversation, fields)
        if not changes:
            return
        for name, value in changes.items():
            setattr(conversation, name, value)
        conversation.updated_at = now
        conversation.save(update_fields=[*changes, "updated_at"])
        transaction.on_commit(lambda: publisher.conversation_changed(conversation.id))


def _changes(conversation: Conversation, fields: dict[str, Any]) -> dict[str, Any]:
    """What differs from the row. A title that the member wrote is not replaced by ours any more."""
    wanted: dict[str, Any] = {
        name: fields[name] for name in ("title", "pinned", "archived") if name in fields
    }
    if "title" in wanted:
        wanted["title_chosen"] = True
    if config := _new_config(conversation.config, fields.get("config", {})):
        wanted["config"] = config
    return {name: value for name, value in wanted.items() if getattr(conversation, name) != value}


def _new_config(base: ChatConfig, given: dict[str, Any]) -> ChatConfig | None:
    """A stored row; None when it would say the same."""
    if all(getattr(base, name) == value for name, value in given.items()):
        return None
    config = changed_config(base=base, given=given)
    config.save(force_insert=True)
    return config


def with_model(given: dict[str, Any]) -> dict[str, Any]:
    """The given config with a model that is offered. Raises FieldError naming `config.model`."""
    return given | {"model": available_models.checked(given.get("model"))}


def changed_config(*, base: ChatConfig, given: dict[str, Any]) -> ChatConfig:
    """A new row: `base` with what is given. Unsaved. Raises FieldError."""
    fields = {name: getattr(base, name) for name in model_parameters.NAMES} | given
    return ChatConfig(id=uuid7(), conversation_id=base.conversation_id, **with_model(fields))
