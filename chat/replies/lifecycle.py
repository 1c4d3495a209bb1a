"""The life of a reply. Only this module writes `Reply.status`, and only by compare-and-set.

Whoever runs a reply holds a `Claim`; every write of a claim matches reply, attempt, worker and
`in_progress`. Where that changes no row, somebody else decided in the meantime: `Superseded`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from chat import metrics
from chat.limits import daily_limit
from chat.models import Choice, Reply
from chat.outcomes import CANCELLED, CRASH_LOOP, ChoiceParts, Failure, Outcome
from chat.states import TRANSITIONS, ReplyStatus

from . import claim_statement, end_statement
from .claims import Superseded, claim_of

CANCELLED_FINISH_REASON = "cancelled"
# What a running reply needs beside its row: to ask the model, and to tell of its end.
WITH_CONTEXT = ("config", "prompt", "member")


def claim(*, reply_id: UUID, worker: UUID) -> Reply | None:
    """Starts the next attempt. None when there is nothing to do: ended, running, or not yet due."""
    claimed = _claim([reply_id], worker)
    return claimed[0] if claimed else None


def claim_due(*, worker: UUID, limit: int) -> list[Reply]:
    """Claims queued replies whose wake-up was lost or whose backoff is over, oldest first.

    Several workers at once share them: each locks rows that no other has.
    """
    with transaction.atomic():
        due = (
            Reply.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(status=ReplyStatus.QUEUED, wake_at__lte=Now())
            .order_by("created_at", "id")
            .values_list("id", flat=True)[:limit]
        )
        return _claim(list(due), worker)


def complete(reply: Reply, outcome: Outcome) -> None:
    """Stores the whole answer and brings `reply` up to date. Raises Superseded."""
    _end(reply, ReplyStatus.COMPLETED, outcome)


def fail(reply: Reply, failure: Failure, outcome: Outcome) -> None:
    """Ends a running reply without its answer; the slot goes back. Raises Superseded."""
    with _both_or_neither(reply):
        refunded = daily_limit.refund(reply.id)
        _end(reply, ReplyStatus.FAILED, outcome, failure=failure, refunded=refunded)


def cancel_running(reply: Reply, outcome: Outcome) -> None:
    """Ends a running reply with the text so far; without text the slot goes back.

    Raises Superseded.
    """
    told = [_cut_short(choice) for choice in outcome.choices if choice.content]
    kept = replace(outcome, choices=told)
    with _both_or_neither(reply):
        refunded = not kept.choices and daily_limit.refund(reply.id)
        _end(reply, ReplyStatus.CANCELLED, kept, failure=CANCELLED, refunded=refunded)


def cancel_queued(reply_id: UUID) -> bool:
    """Ends a reply that waits; its slot goes back. False when it does not wait (any more)."""
    return _end_queued(reply_id, ReplyStatus.CANCELLED, CANCELLED)


def fail_queued(reply_id: UUID, failure: Failure) -> bool:
    """Ends a reply that waits without an answer; its slot goes back. False when it does not."""
    return _end_queued(reply_id, ReplyStatus.FAILED, failure)


def retry_later(reply: Reply, failure: Failure, *, retry_at: datetime) -> None:
    """Puts a running reply back after a failure of the model. Raises Superseded."""
    _put_back(
        reply,
        retry_at=retry_at,
        wake_at=retry_at + timedelta(seconds=settings.WORKER_TICK_SECONDS),
        failures=reply.failures + 1,
        error_code=failure.code,
        error_detail=failure.detail,
        error_retryable=failure.retryable,
    )
    metrics.retried(failure.code)


def hand_back(reply: Reply) -> None:
    """Puts a running reply back because its worker stops; due at once. Raises Superseded."""
    _put_back(reply, retry_at=None, wake_at=Now())
    metrics.handed_back()


def rescue(*, workers: Iterable[UUID]) -> list[Reply]:
    """Takes the running replies of dead workers from them; due at once.

    Those whose cancel was asked for end instead, as do those that were rescued too often. Several
    rescuers at once share them: each locks rows that no other has.
    """
    return _rescue(Q(worker__in=list(workers)))


def requeue_unowned(
    *, worker: UUID, running: Iterable[UUID], older_than_seconds: float
) -> list[Reply]:
    """The same for replies that stand under a worker's name for so long without running there."""
    began_before = Now() - timedelta(seconds=older_than_seconds)
    return _rescue(Q(worker=worker, started_at__lt=began_before) & ~Q(id__in=list(running)))


def take_back(reply_id: UUID) -> Reply | None:
    """Takes a running reply from its worker, whether that lives or not; due at once.

    What the worker writes from now on changes nothing. It counts as no rescue. A reply whose cancel
    was asked for ends instead. None when it does not run, or its worker is just ending it.
    """
    taken = _rescue(Q(id=reply_id), counted=False)
    return taken[0] if taken else None


def request_cancel(reply_id: UUID) -> None:
    """Stores the wish, so that it survives a worker that dies before it hears of it."""
    Reply.objects.filter(id=reply_id, status=ReplyStatus.IN_PROGRESS).update(
        cancel_requested_at=Now()
    )


def set_choices(reply: Reply, choices: Sequence[Choice]) -> None:
    """Gives `reply.choices.all()` its rows without a query."""
    reply._prefetched_objects_cache = {"choices": list(choices)}  # type: ignore[attr-defined]


def _claim(reply_ids: Sequence[UUID], worker: UUID) -> list[Reply]:
    _require_allowed(ReplyStatus.QUEUED, ReplyStatus.IN_PROGRESS)
    claimed = claim_statement.run(reply_ids=reply_ids, worker=worker) if reply_ids else []
    for reply in claimed:
        set_choices(reply, [])
    return claimed


def _rescue(which: Q, *, counted: bool = True) -> list[Reply]:
    with transaction.atomic():
        orphans = (
            Reply.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related(*WITH_CONTEXT)
            .filter(which, status=ReplyStatus.IN_PROGRESS)
            .order_by("created_at", "id")
        )
        taken = list(orphans)
        for reply in taken:
            _rescue_one(reply, counted=counted)
    return taken


def _move(where: Q, *, source: ReplyStatus, to: ReplyStatus, **changes: Any) -> int:
    _require_allowed(source, to)
    moved = {"status": to, "revision": F("revision") + 1, **changes}
    return Reply.objects.filter(where, status=source).update(**moved)


def _require_allowed(source: ReplyStatus, to: ReplyStatus) -> None:
    if to not in TRANSITIONS[source]:
        raise ValueError(f"A reply cannot go from {source} to {to}.")


@contextmanager
def _both_or_neither(reply: Reply) -> Iterator[None]:
    """A transaction. If it does not commit, the object too is as before: the write is repeated."""
    before = dict(vars(reply))
    try:
        with transaction.atomic():
            yield
    except BaseException:
        vars(reply).clear()
        vars(reply).update(before)
        raise


def _end(
    reply: Reply,
    to: ReplyStatus,
    outcome: Outcome,
    *,
    failure: Failure | None = None,
    refunded: bool = False,
) -> None:
    changes = {
        "finished_at": timezone.now(),
        "last_seq": outcome.last_seq,
        "context_start_id": outcome.context_start,
        "error_code": failure.code if failure else None,
        "error_detail": failure.detail if failure else None,
        "error_retryable": bool(failure and failure.retryable),
        "refunded": refunded,
        "worker": None,
        **outcome.columns,
    }
    rows = [
        Choice(
            reply=reply,
            index=choice.index,
            role=choice.role,
            content=choice.content,
            finish_reason=choice.finish_reason,
            extra=choice.extra,
        )
        for choice in outcome.choices
    ]
    _require_allowed(ReplyStatus.IN_PROGRESS, to)
    claim = claim_of(reply)
    if not end_statement.run(
        reply_id=claim.reply_id,
        attempt=claim.attempt,
        worker=claim.worker,
        to=to,
        changes=changes,
        choices=rows,
    ):
        raise Superseded()
    _bring_up_to_date(reply, to, changes)
    set_choices(reply, rows)
    metrics.ended(to, reply.error_code)


def _put_back(reply: Reply, **changes: Any) -> None:
    _write(
        reply,
        source=ReplyStatus.IN_PROGRESS,
        to=ReplyStatus.QUEUED,
        changes={"worker": None, **changes},
    )
    set_choices(reply, [])


def _write(reply: Reply, *, source: ReplyStatus, to: ReplyStatus, changes: dict[str, Any]) -> None:
    """Moves the row behind the fence, and the object with it."""
    if not _move(claim_of(reply).fence(), source=source, to=to, **changes):
        raise Superseded()
    _bring_up_to_date(reply, to, changes)


def _bring_up_to_date(reply: Reply, to: ReplyStatus, changes: dict[str, Any]) -> None:
    reply.status = to
    reply.revision += 1
    for name, value in changes.items():
        setattr(reply, name, value)


def _end_queued(reply_id: UUID, to: ReplyStatus, failure: Failure) -> bool:
    with transaction.atomic():
        refunded = daily_limit.refund(reply_id)
        moved = _move(
            Q(id=reply_id),
            source=ReplyStatus.QUEUED,
            to=to,
            refunded=refunded,
            finished_at=Now(),
            error_code=failure.code,
            error_detail=failure.detail,
            error_retryable=failure.retryable,
            retry_at=None,
            wake_at=None,
            last_seq=0,
        )
        if moved:
            metrics.ended(to, failure.code)
        else:
            transaction.set_rollback(True)  # the refund too
    return bool(moved)


def _rescue_one(reply: Reply, *, counted: bool) -> None:
    if reply.cancel_requested_at is not None:
        cancel_running(reply, Outcome())
    elif counted and reply.rescues >= settings.RESCUES_MAX:
        fail(reply, CRASH_LOOP, Outcome())
    else:
        _put_back(reply, retry_at=None, wake_at=Now(), rescues=reply.rescues + counted)
        if counted:
            metrics.rescued()


def _cut_short(choice: ChoiceParts) -> ChoiceParts:
    return replace(choice, finish_reason=CANCELLED_FINISH_REASON)
