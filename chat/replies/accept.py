"""Accepting a request: all of it, or nothing.

The checks come in the order that the contract gives: 404, 400, replay, 409, 429, 503. What a
request finds is read by one query; what follows from it is stored by one statement, and only if the
conversation has not changed in between. If it has, all is done again with the conversation locked,
so that a repeated key finds the reply of the request that was faster; across conversations the
unique constraint does.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Member
from api import prepared
from api.errors import DomainError, FieldError
from chat import metrics
from chat.conversations import conversations, intake, titles
from chat.events import publisher
from chat.exchange import message_tree
from chat.exchange.message_tree import Given, Grown, Message
from chat.limits import daily_limit, queue
from chat.limits.daily_limit import Slot
from chat.models import ChatConfig, Conversation, Prompt, PromptKind, Reply
from chat.states import ReplyStatus

from . import accept_state, accept_statements, lifecycle
from .accept_state import Standing


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


Find = Callable[[], Standing]
PromptSource = Callable[[Standing], Prompt]


def accept(
    *, member: Member, conversation_id: UUID, ask: Ask, idempotency: Idempotency | None = None
) -> Reply:
    """The queued reply, or the one that the same key made before.

    Raises Conversation.DoesNotExist, FieldError, KeyReused, ReplyInProgress, IntakeIncomplete,
    DailyLimitReached, QueueFull; after each of them nothing is stored and no slot is taken.
    """
    find = partial(
        accept_state.find, member=member, conversation_id=conversation_id, key=_key(idempotency)
    )
    prompt_source = _prompt_source(ask)
    return _Acceptance(member, conversation_id, find, prompt_source, ask, idempotency).run()


def begin(*, member: Member, ask: Ask, idempotency: Idempotency | None = None) -> Reply:
    """The same in a new conversation without an intake, which keeps the request's config.

    But for `stream`: what is said there later is for people to watch. Raises FieldError, KeyReused,
    DailyLimitReached, QueueFull; then there is no conversation.
    """
    config = ask.config or {}

    def find() -> Standing:
        config_of_all = config | {"stream": True}
        drafted = conversations.drafted(member=member, title="", config=config_of_all)
        return accept_state.of_new(drafted, key=_key(idempotency))

    ask = replace(ask, after=None, config=None if config.get("stream", True) else config)
    return _Acceptance(member, None, find, _prompt_source(ask), ask, idempotency).run()


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
    place, key = reply.conversation_id, _key(idempotency)
    find = partial(accept_state.find, member=member, conversation_id=place, key=key)
    ask = Ask(config=config)
    return _Acceptance(
        member, place, find, lambda _: reply.prompt, ask, idempotency, counted=counted
    ).run()


class _Overtaken(Exception):
    """The conversation is no longer as it was found."""


@dataclass
class _Acceptance:
    """`place` is None for a conversation that begins with the request."""

    member: Member
    place: UUID | None
    find: Find
    prompt_source: PromptSource
    ask: Ask
    idempotency: Idempotency | None
    counted: bool = True
    slot: Slot | None = None

    def run(self) -> Reply:
        with suppress(_Overtaken, IntegrityError):
            return self._run_within(nullcontext())
        return self._run_within(self._locked())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with transaction.atomic():
            if self.place is not None:
                conversations.locked(member=self.member, conversation_id=self.place)
            yield

    def _run_within(self, lock: AbstractContextManager[None]) -> Reply:
        try:
            with lock:
                return self._replayed_or_new()
        except BaseException:
            if self.slot is not None:
                daily_limit.release(self.slot)
            raise

    def _replayed_or_new(self) -> Reply:
        found = self.find()
        prompt = self.prompt_source(found)
        config = self._config(found.conversation)
        if found.replayed is not None:
            return self._replayed(found.replayed)
        _refuse_conflicts(found, prompt)
        self._refuse_when_full(found)
        return self._accepted(found, prompt, config)

    def _config(self, conversation: Conversation) -> ChatConfig:
        if not self.ask.config:
            return conversation.config
        return conversations.changed_config(base=conversation.config, given=self.ask.config)

    def _replayed(self, reply_id: UUID) -> Reply:
        reply = Reply.objects.select_related("config").get(id=reply_id)
        if self.idempotency is None or reply.body_hash != self.idempotency.body_hash:
            raise KeyReused()
        return reply

    def _refuse_when_full(self, found: Standing) -> None:
        if found.waiting < settings.CHAT_QUEUE_MAX:
            return
        if self.counted:
            daily_limit.require_room(member=self.member, now=found.now)
        metrics.QUEUE_REFUSALS.inc()
        raise QueueFull()

    def _accepted(self, found: Standing, prompt: Prompt, config: ChatConfig) -> Reply:
        conversation = found.conversation
        grown = message_tree.grown(
            parent=prompt.parent_id, given=self.ask.given, config=config, now=found.now
        )
        if prompt._state.adding:
            _hang(prompt, grown, found)
        _touch(conversation, [*grown.prompts, prompt][0], found)
        reply = self._reply(found, prompt, config)
        # Else a server that is killed while the statement waits would leave it to be committed.
        with transaction.atomic():
            if conversation._state.adding:
                conversations.store(conversation)
            self._store(found, reply)
            _store_given(reply, grown)
        lifecycle.set_choices(reply, [])
        queue.joined(reply, ahead=found.waiting)
        transaction.on_commit(lambda: publisher.reply_accepted(reply))
        return reply

    def _reply(self, found: Standing, prompt: Prompt, config: ChatConfig) -> Reply:
        return Reply(
            member=self.member,
            conversation=found.conversation,
            config=config,
            prompt=prompt,
            status=ReplyStatus.QUEUED,
            created_at=found.now,
            wake_at=found.now + timedelta(seconds=settings.WORKER_WAKE_GRACE_SECONDS),
            idempotency_key=self.idempotency.key if self.idempotency else None,
            body_hash=self.idempotency.body_hash if self.idempotency else None,
            request_extra=self.ask.request_extra,
        )

    def _store(self, found: Standing, reply: Reply) -> None:
        def store(slot: Slot | None) -> bool:
            stored = accept_statements.store(standing=found, reply=reply, slot=slot)
            if not stored.in_place:
                raise _Overtaken()
            return stored.counted

        if self.counted:
            self.slot = daily_limit.take(member=self.member, now=found.now, store=store)
        else:
            store(None)


def _key(idempotency: Idempotency | None) -> str | None:
    return idempotency.key if idempotency else None


def _prompt_source(ask: Ask) -> PromptSource:
    if ask.message is None:
        return _intake_prompt
    message, after = ask.message, ask.after

    def hang(found: Standing) -> Prompt:
        if isinstance(after, _Unset):
            parent = found.tip
        else:
            parent = message_tree.choice_in(found.conversation, after).id if after else None
        return Prompt(
            conversation=found.conversation,
            kind=PromptKind.MESSAGE,
            answer=message,
            preceding=list(ask.preceding),
            parent_id=parent,
        )

    return hang


def _intake_prompt(found: Standing) -> Prompt:
    prompt = intake.last_prompt(found.conversation)
    if prompt is None:
        raise FieldError(field="message", detail="This conversation has no intake to ask with.")
    return prompt


def _refuse_conflicts(found: Standing, prompt: Prompt) -> None:
    if found.busy:
        raise ReplyInProgress()
    if prompt.kind != PromptKind.MESSAGE:
        intake.require_answers(found.conversation)


def _hang(prompt: Prompt, grown: Grown, found: Standing) -> None:
    """The given turns, if there are any, and the prompt that follows them."""
    prompts = [*grown.prompts, prompt]
    for position, row in enumerate(prompts, start=found.next_position):
        row.conversation, row.position = found.conversation, position
    if grown.choices:
        prompt.parent = grown.choices[-1]


def _touch(conversation: Conversation, first: Prompt, found: Standing) -> None:
    conversation.active_at = conversation.updated_at = found.now
    if not conversation.title:
        conversation.title = titles.title_from(first.answer or "")


def _store_given(reply: Reply, grown: Grown) -> None:
    for given in grown.replies:
        given.conversation, given.member = reply.conversation, reply.member
    prepared.insert_all(grown.prompts)
    prepared.insert_all(grown.replies)
    prepared.insert_all(grown.choices)
