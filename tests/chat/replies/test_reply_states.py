"""The life of a reply as a table: in the code, and in the database for whoever gets past it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from support.chat.reply_rows import (
    make_conversation,
    make_reply,
    make_running,
    set_directly,
    unchanged,
)

from chat.models import Choice, QuotaSlot
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from chat.replies.claims import Superseded
from chat.states import TERMINAL, TRANSITIONS, ReplyStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

FAILURE = Failure(code="model_error", detail="It broke.", retryable=True)
PAIRS = [(source, target) for source in ReplyStatus for target in ReplyStatus if source != target]


def in_status(member, status):
    """A reply that came to the status by allowed moves."""
    if status == ReplyStatus.QUEUED:
        return make_reply(member)
    reply = make_running(member)
    ends = {
        ReplyStatus.COMPLETED: lambda: lifecycle.complete(reply, Outcome()),
        ReplyStatus.FAILED: lambda: lifecycle.fail(reply, FAILURE, Outcome()),
        ReplyStatus.CANCELLED: lambda: lifecycle.cancel_running(reply, Outcome()),
    }
    if status in ends:
        ends[status]()
    return reply


# By which functions of chat.replies.lifecycle a status is reached. Each must refuse where the
# table does.
MOVES = {
    ReplyStatus.QUEUED: (
        lambda reply: lifecycle.hand_back(reply),
        lambda reply: lifecycle.retry_later(reply, FAILURE, retry_at=timezone.now()),
        lambda reply: lifecycle.rescue(workers=[reply.worker] if reply.worker else []),
    ),
    ReplyStatus.IN_PROGRESS: (
        lambda reply: lifecycle.claim(reply_id=reply.id, worker=uuid4()),
        lambda reply: lifecycle.claim_due(worker=uuid4(), limit=10),
    ),
    ReplyStatus.COMPLETED: (lambda reply: lifecycle.complete(reply, Outcome()),),
    ReplyStatus.FAILED: (
        lambda reply: lifecycle.fail(reply, FAILURE, Outcome()),
        lambda reply: lifecycle.fail_queued(reply.id, FAILURE),
    ),
    ReplyStatus.CANCELLED: (
        lambda reply: lifecycle.cancel_running(reply, Outcome()),
        lambda reply: lifecycle.cancel_queued(reply.id),
    ),
}
BY_CODE = [
    (source, target, number) for source, target in PAIRS for number in range(len(MOVES[target]))
]
# Some functions move from one of the two open statuses only.
ONLY_FROM = {
    (ReplyStatus.FAILED, 0): ReplyStatus.IN_PROGRESS,
    (ReplyStatus.FAILED, 1): ReplyStatus.QUEUED,
    (ReplyStatus.CANCELLED, 0): ReplyStatus.IN_PROGRESS,
    (ReplyStatus.CANCELLED, 1): ReplyStatus.QUEUED,
}


@pytest.mark.parametrize(("source", "target", "number"), BY_CODE)
def test_the_code_moves_a_reply_only_as_the_table_says(member, source, target, number):
    reply = in_status(member, source)
    set_directly(reply, **({"wake_at": timezone.now()} if source == ReplyStatus.QUEUED else {}))
    allowed = target in TRANSITIONS[source] and ONLY_FROM.get((target, number), source) == source

    try:
        MOVES[target][number](reply)
    except Superseded:
        assert not allowed
    reply.refresh_from_db()

    assert reply.status == (target if allowed else source)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_database_moves_a_reply_only_as_the_table_says(member, source, target):
    reply = in_status(member, source)
    fields = {
        "status": target,
        "worker": uuid4(),
        "finished_at": timezone.now() if target in TERMINAL else None,
    }

    if target in TRANSITIONS[source]:
        set_directly(reply, **fields)
    else:
        with (
            unchanged(reply),
            pytest.raises(IntegrityError, match=r"cannot go|and final"),
            transaction.atomic(),
        ):
            set_directly(reply, **fields)


@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize("field", ["error_detail", "worker", "finished_at", "last_seq"])
def test_nothing_of_an_ended_reply_can_be_changed(member, status, field):
    reply = in_status(member, status)
    values = {
        "error_detail": "other",
        "worker": uuid4(),
        "finished_at": timezone.now() + timedelta(days=1),
        "last_seq": 7,
    }

    with unchanged(reply), pytest.raises(IntegrityError, match="and final"), transaction.atomic():
        set_directly(reply, **{field: values[field]})


def test_an_update_that_changes_nothing_is_no_error(member):
    reply = in_status(member, ReplyStatus.COMPLETED)

    set_directly(reply, status=ReplyStatus.COMPLETED)


@pytest.mark.parametrize("field", ["attempt", "revision"])
def test_a_number_that_grows_never_falls(member, field):
    reply = make_running(member)

    with unchanged(reply), pytest.raises(IntegrityError, match="earlier"), transaction.atomic():
        set_directly(reply, **{field: 0})


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("status_is_known|finished_when_terminal", {"status": "paused"}),
        ("a_reply_is_finished_when_terminal", {"status": "completed"}),
        ("a_reply_is_finished_when_terminal", {"finished_at": timezone.now()}),
        ("a_reply_in_progress_has_a_worker", {"status": "in_progress"}),
    ],
)
def test_the_database_refuses_a_reply_that_contradicts_itself(member, constraint, fields):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_reply(member, **fields)


def test_a_conversation_has_one_open_reply(member):
    conversation = make_conversation(member)
    make_reply(member, conversation=conversation)

    with (
        pytest.raises(IntegrityError, match="one_open_reply_per_conversation"),
        transaction.atomic(),
    ):
        make_reply(member, conversation=conversation)


def test_a_conversation_has_many_ended_replies(member):
    conversation = make_conversation(member)
    for _ in range(2):
        lifecycle.complete(make_running(member, conversation=conversation), Outcome())

    assert conversation.replies.count() == 2


def test_a_key_makes_one_reply_of_a_member(member):
    make_reply(member, idempotency_key="k")

    with pytest.raises(IntegrityError, match="one_reply_per_idempotency_key"), transaction.atomic():
        make_reply(member, idempotency_key="k")


def test_a_slot_is_taken_once_a_day(member):
    day = timezone.now().date()
    QuotaSlot.objects.create(member=member, day=day, slot=1, reply_id=uuid4())

    with pytest.raises(IntegrityError, match="a_slot_is_taken_once_a_day"), transaction.atomic():
        QuotaSlot.objects.create(member=member, day=day, slot=1, reply_id=uuid4())


def test_a_reply_has_each_choice_once(member):
    reply = make_running(member)
    twice = [ChoiceParts(index=0, content="a"), ChoiceParts(index=0, content="b")]

    with pytest.raises(IntegrityError, match="index_is_unique_in_a_reply"), transaction.atomic():
        lifecycle.complete(reply, Outcome(choices=twice))

    assert not Choice.objects.exists()


def test_the_trigger_stands_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'chat_reply_may_change'")
        assert cursor.fetchone() == (1,)
