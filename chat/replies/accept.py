"""Accepting a request: all of it, or nothing.

The checks come in the order that the contract gives: 404, 400, replay, 409, 429, 503. What a
request finds is read by one query; what follows from it is stored by one statement, and only if the
conversation has not changed in between. If it has, all is done again with the conversation locked,
so that a repeated key finds the reply of the request that was faster; across conversations the
unique constraint does.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Member
from api.errors import DomainError
from api.renderers import to_json
from chat import metrics
from chat.conversations import conversations, intake
from chat.events import publisher
from chat.limits import daily_limit, queue
from chat.limits.daily_limit import Quota, Reservation, Slot
from chat.models import Prompt, PromptKind, Reply
from chat.resources import render

from . import accept_rows, accept_statements, imported_turns, lifecycle
from .accept_statements import AcceptState
from .imported_turns import ImportedBranch
from .reply_request import Idempotency, ReplyRequest


class ReplyInProgress(DomainError):
    detail = "This conversation has a reply that has not ended yet. Wait for it or cancel it."


class KeyReused(DomainError):
    detail = "This Idempotency-Key was used before, with another request."


class QueueFull(DomainError):
    detail = "Too many requests are waiting. Try again in a moment."
    retry_after = 10


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The reply with its resource as JSON, as `GET replies/{id}` gives it.

    `quota` is what is left of the day; None for a reply that the same key made before.
    """

    reply: Reply
    resource: bytes
    quota: Quota | None


def accept(
    *,
    member: Member,
    conversation_id: UUID,
    request: ReplyRequest,
    idempotency: Idempotency | None = None,
) -> Accepted:
    """The queued reply, or the one that the same key made before.

    Raises Conversation.DoesNotExist, FieldError, KeyReused, ReplyInProgress, IntakeIncomplete,
    DailyLimitReached, QueueFull; after each of them nothing is stored and no slot is taken.
    """
    return _accept(
        _Asked(
            member=member,
            conversation_id=conversation_id,
            request=request,
            idempotency=idempotency,
        )
    )


def begin(
    *, member: Member, request: ReplyRequest, idempotency: Idempotency | None = None
) -> Accepted:
    """The same in a new conversation without an intake, which keeps the request's config.

    But for `stream`: what is said there later is for people to watch. Raises FieldError, KeyReused,
    DailyLimitReached, QueueFull; then there is no conversation.
    """
    return _accept(
        _Asked(member=member, conversation_id=None, request=request, idempotency=idempotency)
    )


def regenerate(
    *,
    member: Member,
    reply_id: UUID,
    config: dict[str, Any] | None = None,
    idempotency: Idempotency | None = None,
    counted: bool = True,
) -> Accepted:
    """A new reply to the same prompt. Raises Reply.DoesNotExist and what `accept` raises.

    One that is not `counted` takes no slot of the member's day: somebody else asked for it.
    """
    reply = Reply.objects.select_related("prompt").get(
        id=reply_id, member=member, conversation__deleted_at=None
    )
    return _accept(
        _Asked(
            member=member,
            conversation_id=reply.conversation_id,
            prompt=reply.prompt,
            request=ReplyRequest(config=config),
            idempotency=idempotency,
            counted=counted,
        )
    )


class VersionConflict(Exception):
    """The conversation is no longer as it was found."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Who asks what, and where: in a new conversation without `conversation_id`, and with a new
    prompt, or the intake's, without `prompt`.
    """

    member: Member
    conversation_id: UUID | None
    request: ReplyRequest
    idempotency: Idempotency | None
    prompt: Prompt | None = None
    counted: bool = True


def _accept(asked: _Asked) -> Accepted:
    """Once without a lock and, when another request was faster, once more with it."""
    with suppress(VersionConflict, IntegrityError):
        return _accept_within(nullcontext(), asked)
    return _accept_within(_locked(asked), asked)


def _accept_within(lock: AbstractContextManager[None], asked: _Asked) -> Accepted:
    with Reservation(asked.member) as reservation, lock:
        found = _find(asked)
        prompt = asked.prompt or accept_rows.prompt(asked.request, found)
        config = accept_rows.config(asked.request, found)
        if found.replayed is not None:
            return _replayed(found.replayed, asked.idempotency)
        _refuse_conflicts(found, prompt)
        _refuse_when_full(asked, found)
        # Before the reply: replies of one moment are ordered by their ids.
        imported = imported_turns.branch(
            parent=prompt.parent_id, turns=asked.request.imported, config=config, now=found.now
        )
        reply = accept_rows.queued_reply(
            member=asked.member,
            found=found,
            prompt=prompt,
            config=config,
            idempotency=asked.idempotency,
            request_extra=asked.request.request_extra,
        )
        slots = reservation.slots(now=found.now) if asked.counted else (None,)
        _store(found, reply, slots, imported)
    return _announced(reply, ahead=found.waiting)


@contextmanager
def _locked(asked: _Asked) -> Iterator[None]:
    with transaction.atomic():
        if asked.conversation_id is not None:
            conversations.locked(member=asked.member, conversation_id=asked.conversation_id)
        yield


def _find(asked: _Asked) -> AcceptState:
    key = asked.idempotency.key if asked.idempotency else None
    if asked.conversation_id is not None:
        return accept_statements.find(
            member=asked.member, conversation_id=asked.conversation_id, key=key
        )
    config = (asked.request.config or {}) | {"stream": True}
    drafted = conversations.drafted(member=asked.member, title="", config=config)
    return accept_statements.for_new_conversation(drafted, key=key)


def _replayed(reply_id: UUID, idempotency: Idempotency | None) -> Accepted:
    """As the reply is now. Raises KeyReused."""
    reply = Reply.objects.select_related("config").get(id=reply_id)
    if idempotency is None or reply.body_hash != idempotency.body_hash:
        raise KeyReused()
    lifecycle.set_choices(reply, list(reply.choices.order_by("index")))
    return Accepted(reply=reply, resource=to_json(render.reply(reply)), quota=None)


def _refuse_conflicts(found: AcceptState, prompt: Prompt) -> None:
    if found.busy:
        raise ReplyInProgress()
    if prompt.kind != PromptKind.MESSAGE:
        intake.require_answers(found.conversation)


def _refuse_when_full(asked: _Asked, found: AcceptState) -> None:
    if found.waiting < settings.CHAT_QUEUE_MAX:
        return
    if asked.counted:
        daily_limit.require_room(member=asked.member, now=found.now)
    metrics.QUEUE_REFUSALS.inc()
    raise QueueFull()


def _store(
    found: AcceptState,
    reply: Reply,
    slots: Iterable[Slot | None],
    imported: ImportedBranch,
) -> None:
    """With the first of the slots that is free; None: without one. Raises VersionConflict."""
    prompt, conversation = reply.prompt, reply.conversation
    if prompt._state.adding:
        accept_rows.set_positions(prompt, imported, found)
    accept_rows.update_activity(conversation, [*imported.prompts, prompt][0], found)
    # Else a server that is killed while the statement waits would leave it to be committed.
    with transaction.atomic():
        if conversation._state.adding:
            conversations.store(conversation)
        for slot in slots:
            stored = accept_statements.store(state=found, reply=reply, slot=slot)
            if not stored.version_matched:
                raise VersionConflict()
            if stored.slot_taken:
                break
        imported_turns.store(imported, before=reply)
    queue.joined()


def _announced(reply: Reply, *, ahead: int) -> Accepted:
    """Tells the member's sockets and wakes a worker; what is told was committed."""
    # Read after the commit, so that of two accepts at once the later one tells of both.
    quota = daily_limit.state(member=reply.member, now=reply.created_at)
    resource = to_json(render.reply(reply, ahead=ahead))
    transaction.on_commit(lambda: publisher.reply_accepted(reply, resource=resource, quota=quota))
    return Accepted(reply=reply, resource=resource, quota=quota)
