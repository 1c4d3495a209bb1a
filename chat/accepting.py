"""Accepting a request: all of it in one transaction, or nothing.

The checks come in the order that the contract gives: 404, 400, replay, 409, 429, 503. The lock on
the conversation's row makes requests to one conversation wait for each other, so that a repeated
key finds the first one's reply; across conversations the unique constraint does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from accounts.models import Member
from api import prepared
from api.errors import DomainError, FieldError
from api.ids import uuid7
from api.prepared import PreparedUpdate

from . import branches, clock, conversations, events, intake, metrics, queue, quota, replies, titles
from .branches import Given, Grown, Message
from .models import ChatConfig, Conversation, Prompt, PromptKind, Reply
from .quota import Slot
from .states import ReplyStatus


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
    # What a caller of /v1 brings along: turns that were said elsewhere, then messages that have no
    # place in the tree, then the message.
    given: Sequence[Given] = ()
    preceding: Sequence[Message] = ()
    request_extra: dict[str, Any] = field(default_factory=dict)


Place = Callable[[], tuple[Conversation, datetime]]
PromptSource = Callable[[Conversation], Prompt]


def accept(
    *, member: Member, conversation_id: UUID, ask: Ask, idempotency: Idempotency | None = None
) -> Reply:
    """The queued reply, or the one that the same key made before.

    Raises Conversation.DoesNotExist, FieldError, KeyReused, ReplyInProgress, IntakeIncomplete,
    DailyLimitReached, QueueFull; after each of them nothing is stored and no slot is taken.
    """
    place = partial(_lock, member, conversation_id)
    return _Acceptance(member, place, _prompt_source(ask), ask, idempotency).run()


def begin(*, member: Member, ask: Ask, idempotency: Idempotency | None = None) -> Reply:
    """The same in a new conversation without an intake, which keeps the request's config.

    But for `stream`: what is said there later is for people to watch. Raises FieldError, KeyReused,
    DailyLimitReached, QueueFull; then there is no conversation.
    """
    config = ask.config or {}
    place = partial(_draft, member, config | {"stream": True})
    ask = replace(ask, after=None, config=None if config.get("stream", True) else config)
    return _Acceptance(member, place, _prompt_source(ask), ask, idempotency).run()


def regenerate(
    *,
    member: Member,
    reply_id: UUID,
    config: dict[str, Any] | None = None,
    idempotency: Idempotency | None = None,
    counted: bool = True,
) -> Reply:
    """A new reply to the same prompt. Raises Reply.DoesNotExist and what `accept` raises.

    One that is not `counted` takes no slot of the member's day: somebody else asked for it.
    """
    reply = Reply.objects.select_related("prompt").get(
        id=reply_id, member=member, conversation__deleted_at=None
    )
    place = partial(_lock, member, reply.conversation_id)
    ask = Ask(config=config)
    return _Acceptance(
        member, place, lambda _: reply.prompt, ask, idempotency, counted=counted
    ).run()


@dataclass
class _Acceptance:
    member: Member
    place: Place
    prompt_source: PromptSource
    ask: Ask
    idempotency: Idempotency | None
    slot: Slot | None = None
    counted: bool = True

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
        conversation, now = self.place()
        prompt = self.prompt_source(conversation)
        config = self._config(conversation)
        replayed = self._replay()
        if replayed is not None:
            return replayed
        standing = _look_around(conversation)
        _refuse_conflicts(conversation, prompt, standing)
        grown = branches.grown(parent=prompt.parent, given=self.ask.given, config=config, now=now)
        reply_id = uuid7()
        if self.counted:
            self.slot = quota.take(member=self.member, reply_id=reply_id, now=now)
        _refuse_when_full(standing)
        self._store_place(conversation, grown, prompt, config, standing)
        reply = self._store(conversation, prompt, config, reply_id, now)
        queue.joined(reply, ahead=standing.waiting)
        _touch(conversation, [*grown.prompts, prompt][0], now)
        return reply

    def _config(self, conversation: Conversation) -> ChatConfig:
        if not self.ask.config:
            return conversation.config
        return conversations.changed_config(base=conversation.config, given=self.ask.config)

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

    def _store_place(
        self,
        conversation: Conversation,
        grown: Grown,
        prompt: Prompt,
        config: ChatConfig,
        standing: "_Standing",
    ) -> None:
        """What is not stored yet of that which the reply hangs on."""
        if conversation._state.adding:
            conversations.store(conversation)
        if config._state.adding:
            config.save(force_insert=True)
        if prompt._state.adding:
            _store_branch(conversation, grown, prompt, standing.next_position)

    def _store(
        self,
        conversation: Conversation,
        prompt: Prompt,
        config: ChatConfig,
        reply_id: UUID,
        now: datetime,
    ) -> Reply:
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
            request_extra=self.ask.request_extra,
        )
        prepared.insert(reply)
        replies.set_choices(reply, [])
        transaction.on_commit(lambda: events.reply_accepted(reply))
        return reply

    def _give_back(self) -> None:
        if self.slot is not None:
            quota.release(self.slot)


def _lock(member: Member, conversation_id: UUID) -> tuple[Conversation, datetime]:
    conversation, now = conversations.locked(member=member, conversation_id=conversation_id)
    if conversation.deleted_at is not None:
        raise Conversation.DoesNotExist()
    return conversation, now


def _draft(member: Member, config: dict[str, Any]) -> tuple[Conversation, datetime]:
    return conversations.drafted(member=member, title="", config=config), clock.now()


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
            conversation=conversation,
            kind=PromptKind.MESSAGE,
            answer=message,
            preceding=list(ask.preceding),
            parent=parent,
        )

    return hang


def _intake_prompt(conversation: Conversation) -> Prompt:
    prompt = intake.last_prompt(conversation)
    if prompt is None:
        raise FieldError(field="message", detail="This conversation has no intake to ask with.")
    return prompt


@dataclass(frozen=True)
class _Standing:
    """What a request finds; `waiting` is counted up to CHAT_QUEUE_MAX."""

    busy: bool
    next_position: int
    waiting: int


def _look_around(conversation: Conversation) -> _Standing:
    """One query, whose cost does not grow with the conversation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM chat_reply WHERE conversation_id = %(conversation)s"
            " AND status IN ('queued', 'in_progress')),"
            " (SELECT coalesce(max(position) + 1, 0) FROM chat_prompt"
            " WHERE conversation_id = %(conversation)s),"
            f" {queue.LENGTH}",
            {"conversation": conversation.id, "most": settings.CHAT_QUEUE_MAX},
        )
        return _Standing(*cursor.fetchone())


def _refuse_conflicts(conversation: Conversation, prompt: Prompt, standing: _Standing) -> None:
    if standing.busy:
        raise ReplyInProgress()
    if prompt.kind != PromptKind.MESSAGE:
        intake.require_answers(conversation)


def _refuse_when_full(standing: _Standing) -> None:
    if standing.waiting >= settings.CHAT_QUEUE_MAX:
        metrics.QUEUE_REFUSALS.inc()
        raise QueueFull()


def _store_branch(
    conversation: Conversation, grown: Grown, prompt: Prompt, next_position: int
) -> None:
    """The given turns, if there are any, and the prompt that follows them."""
    if grown.choices:
        prompt.parent = grown.choices[-1]
    prompts = [*grown.prompts, prompt]
    for position, row in enumerate(prompts, start=next_position):
        row.conversation, row.position = conversation, position
    for reply in grown.replies:
        reply.conversation, reply.member = conversation, conversation.member
    prepared.insert_all(prompts)
    prepared.insert_all(grown.replies)
    prepared.insert_all(grown.choices)


def _touch(conversation: Conversation, prompt: Prompt, now: datetime) -> None:
    conversation.active_at = conversation.updated_at = now
    if not conversation.title:
        conversation.title = titles.title_from(prompt.answer or "")
    _touched(conversation=conversation.id, moment=now, title=conversation.title)


_touched = PreparedUpdate(
    lambda conversation, moment, title: (
        Conversation.objects.filter(id=conversation),
        {"updated_at": moment, "active_at": moment, "title": title},
    )
)
