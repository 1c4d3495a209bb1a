"""Accepting a request: all of it in one transaction, or nothing.

The checks come in the order that the contract gives: 404, 400, replay, 409, 429, 503. The lock on
the conversation's row makes requests to one conversation wait for each other, so that a repeated
key finds the first one's reply; across conversations the unique constraint does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import Member
from api.errors import DomainError, FieldError
from api.ids import uuid7

from . import branches, conversations, events, intake, quota, replies, titles
from .models import ChatConfig, Conversation, Prompt, PromptKind, Reply
from .quota import Slot
from .states import OPEN, ReplyStatus


class ReplyInProgress(DomainError):
    detail = "This conversation has a reply that has not ended yet. Wait for it or cancel it."


class KeyReused(DomainError):
    detail = "This Idempotency-Key was used before, with another request."


class QueueFull(DomainError):
    detail = "Too many requests are waiting. Try again in a moment."
    retry_after = 10


@dataclass(frozen=True)
class Idempotency:
    key: str
    body_hash: str


class _Unset:
    """The member did not say after which choice the message comes."""


UNSET = _Unset()


@dataclass(frozen=True, kw_only=True)
class Ask:
    message: str | None = None
    after: UUID | _Unset | None = UNSET
    config: dict[str, Any] | None = None


PromptSource = Callable[[Conversation], Prompt]


def accept(
    *, member: Member, conversation_id: UUID, ask: Ask, idempotency: Idempotency | None = None
) -> Reply:
    """The queued reply, or the one that the same key made before.

    Raises Conversation.DoesNotExist, FieldError, KeyReused, ReplyInProgress, IntakeIncomplete,
    DailyLimitReached, QueueFull; after each of them nothing is stored and no slot is taken.
    """
    source = _prompt_source(ask)
    return _Acceptance(member, conversation_id, source, ask.config, idempotency).run()


def regenerate(
    *,
    member: Member,
    reply_id: UUID,
    config: dict[str, Any] | None = None,
    idempotency: Idempotency | None = None,
) -> Reply:
    """A new reply to the same prompt. Raises Reply.DoesNotExist and what `accept` raises."""
    reply = Reply.objects.select_related("prompt").get(
        id=reply_id, member=member, conversation__deleted_at=None
    )
    return _Acceptance(
        member, reply.conversation_id, lambda _: reply.prompt, config, idempotency
    ).run()


@dataclass
class _Acceptance:
    member: Member
    conversation_id: UUID
    prompt_source: PromptSource
    config: dict[str, Any] | None
    idempotency: Idempotency | None
    slot: Slot | None = None

    def run(self) -> Reply:
        try:
            with transaction.atomic():
                return self._replayed_or_new()
        except IntegrityError:
            self._give_back()
            replayed = self._replay()
            if replayed is None:
                raise
            return replayed
        except BaseException:
            self._give_back()
            raise

    def _replayed_or_new(self) -> Reply:
        conversation, now = self._lock()
        prompt = self.prompt_source(conversation)
        config = self._config(conversation)
        replayed = self._replay()
        if replayed is not None:
            return replayed
        _refuse_conflicts(conversation, prompt)
        reply_id = uuid7()
        self.slot = quota.take(member=self.member, reply_id=reply_id, now=now)
        _refuse_when_full()
        return self._store(conversation, prompt, config, reply_id, now)

    def _lock(self) -> tuple[Conversation, datetime]:
        conversation = (
            Conversation.objects.select_for_update(of=("self",))
            .select_related("config")
            .annotate(now=Now())
            .get(id=self.conversation_id, member=self.member, deleted_at=None)
        )
        return conversation, conversation.now

    def _config(self, conversation: Conversation) -> ChatConfig:
        if not self.config:
            return conversation.config
        return conversations.changed_config(base=conversation.config, given=self.config)

    def _replay(self) -> Reply | None:
        if self.idempotency is None:
            return None
        reply = (
            Reply.objects.select_related("config")
            .filter(member=self.member, idempotency_key=self.idempotency.key)
            .first()
        )
        if reply is not None and reply.body_hash != self.idempotency.body_hash:
            raise KeyReused()
        return reply

    def _store(
        self,
        conversation: Conversation,
        prompt: Prompt,
        config: ChatConfig,
        reply_id: UUID,
        now: datetime,
    ) -> Reply:
        if prompt._state.adding:
            prompt.position = conversation.prompts.count()
            prompt.save(force_insert=True)
        if config._state.adding:
            config.save(force_insert=True)
        reply = Reply(
            id=reply_id,
            member=self.member,
            conversation=conversation,
            config=config,
            prompt=prompt,
            status=ReplyStatus.QUEUED,
            created_at=now,
            wake_at=now + timedelta(seconds=settings.WORKER_WAKE_GRACE_SECONDS),
            idempotency_key=self.idempotency.key if self.idempotency else None,
            body_hash=self.idempotency.body_hash if self.idempotency else None,
        )
        reply.save(force_insert=True)
        replies.set_choices(reply, [])
        _touch(conversation, prompt, now)
        transaction.on_commit(lambda: events.reply_accepted(reply))
        return reply

    def _give_back(self) -> None:
        if self.slot is not None:
            quota.release(self.slot)


def _prompt_source(ask: Ask) -> PromptSource:
    if ask.message is None:
        return _intake_prompt
    message, after = ask.message, ask.after

    def hang(conversation: Conversation) -> Prompt:
        if isinstance(after, _Unset):
            parent = branches.tip(conversation)
        else:
            parent = branches.choice_in(conversation, after) if after else None
        return Prompt(
            conversation=conversation, kind=PromptKind.MESSAGE, answer=message, parent=parent
        )

    return hang


def _intake_prompt(conversation: Conversation) -> Prompt:
    prompt = intake.last_prompt(conversation)
    if prompt is None:
        raise FieldError(field="message", detail="This conversation has no intake to ask with.")
    return prompt


def _refuse_conflicts(conversation: Conversation, prompt: Prompt) -> None:
    if conversation.replies.filter(status__in=OPEN).exists():
        raise ReplyInProgress()
    if prompt.kind != PromptKind.MESSAGE:
        intake.require_answers(conversation)


def _refuse_when_full() -> None:
    waiting = Reply.objects.filter(status=ReplyStatus.QUEUED)[: settings.CHAT_QUEUE_MAX].count()
    if waiting >= settings.CHAT_QUEUE_MAX:
        raise QueueFull()


def _touch(conversation: Conversation, prompt: Prompt, now: datetime) -> None:
    conversation.active_at = conversation.updated_at = now
    fields = ["active_at", "updated_at"]
    if not conversation.title:
        conversation.title = titles.title_from(prompt.answer or "")
        fields.append("title")
    conversation.save(update_fields=fields)
