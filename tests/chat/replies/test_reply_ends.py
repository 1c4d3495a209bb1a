"""How an attempt ends, what it costs, and what is stored of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from support.chat.reply_rows import make_reply, make_running, set_directly, stored
from support.racing import at_once

from chat.models import Choice, Conversation, QuotaSlot, Reply
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from chat.replies.claims import Superseded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
FAILURE = Failure(code="model_error", detail="It broke.", retryable=True)


def spoken(*texts):
    choices = [ChoiceParts(index=index, content=text) for index, text in enumerate(texts)]
    return Outcome(choices=choices, last_seq=len(texts))


def test_a_completed_reply_keeps_its_slot_and_its_choices(member):
    reply = make_running(member, counted=True)

    lifecycle.complete(reply, spoken("Yes", "No"))

    row = stored(reply)
    assert (row.status, row.worker, row.last_seq, row.refunded) == ("completed", None, 2, False)
    assert row.finished_at is not None
    assert [choice.content for choice in reply.choices.all()] == ["Yes", "No"]
    assert list(Choice.objects.order_by("index").values_list("content", flat=True)) == ["Yes", "No"]
    assert QuotaSlot.objects.count() == 1


def test_the_whole_answer_is_stored_by_one_statement(member, django_assert_num_queries):
    reply = make_running(member)

    with django_assert_num_queries(1):
        lifecycle.complete(reply, spoken("Yes", "No"))

    conversation = Conversation.objects.get()
    assert conversation.active_at == conversation.updated_at == stored(reply).finished_at


def test_what_came_too_late_leaves_nothing_behind(member):
    reply = make_running(member)
    lifecycle.take_back(reply.id)
    before = Conversation.objects.values().get()

    with pytest.raises(Superseded):
        lifecycle.complete(reply, spoken("Yes"))

    assert (stored(reply).status, reply.status) == ("queued", "in_progress")
    assert not Choice.objects.exists()
    assert Conversation.objects.values().get() == before


def test_a_failed_reply_gives_its_slot_back_and_says_why(member):
    reply = make_running(member, counted=True)

    lifecycle.fail(reply, FAILURE, spoken("So fa"))

    row = stored(reply)
    assert (row.status, row.error_code, row.error_detail) == ("failed", "model_error", "It broke.")
    assert (row.error_retryable, row.refunded) == (True, True)
    assert not QuotaSlot.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "end",
    [
        lifecycle.complete,
        lambda reply, outcome: lifecycle.fail(reply, FAILURE, outcome),
        lifecycle.cancel_running,
    ],
)
def test_an_end_that_did_not_commit_can_be_repeated(member, end):
    reply = make_running(member, counted=True)
    with connection.cursor() as cursor:
        cursor.execute(BREAK_COMMIT)
    try:
        with pytest.raises(DatabaseError):
            end(reply, spoken("Yes"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(MEND_COMMIT)
    assert stored(reply).status == "in_progress"

    end(reply, spoken("Yes"))

    assert stored(reply).status == reply.status
    assert [choice.content for choice in reply.choices.all()] == ["Yes"]
    assert Choice.objects.count() == 1


# Whatever breaks last: the connection in a COMMIT is the real one.
BREAK_COMMIT = """
CREATE FUNCTION break_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the database went away'; END $$;
CREATE CONSTRAINT TRIGGER break_commit AFTER INSERT ON chat_choice
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_commit();
"""
MEND_COMMIT = "DROP TRIGGER break_commit ON chat_choice; DROP FUNCTION break_commit();"


def test_a_cancel_keeps_the_text_so_far_and_the_slot(member):
    reply = make_running(member, counted=True)

    lifecycle.cancel_running(reply, spoken("So far", ""))

    choice = Choice.objects.get()
    assert (choice.content, choice.finish_reason) == ("So far", "cancelled")
    assert (stored(reply).error_code, stored(reply).refunded) == ("cancelled", False)
    assert QuotaSlot.objects.count() == 1


@pytest.mark.parametrize("outcome", [Outcome(), spoken(""), spoken("", "")])
def test_a_cancel_before_the_first_token_gives_the_slot_back(member, outcome):
    reply = make_running(member, counted=True)

    lifecycle.cancel_running(reply, outcome)

    assert not Choice.objects.exists()
    assert not QuotaSlot.objects.exists()
    assert stored(reply).refunded


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lifecycle.cancel_queued, "cancelled"),
        (lambda reply_id: lifecycle.fail_queued(reply_id, FAILURE), "failed"),
    ],
)
def test_a_reply_that_waits_ends_at_once_and_gives_its_slot_back(member, end, status):
    reply = make_reply(member, counted=True, retry_at=timezone.now() + timedelta(hours=1))

    assert end(reply.id) is True

    row = stored(reply)
    assert (row.status, row.refunded, row.retry_at, row.wake_at) == (status, True, None, None)
    assert not QuotaSlot.objects.exists()
    assert end(reply.id) is False


@pytest.mark.parametrize(
    "end", [lifecycle.cancel_queued, lambda i: lifecycle.fail_queued(i, FAILURE)]
)
def test_ending_a_reply_that_does_not_wait_costs_it_nothing(member, end):
    reply = make_running(member, counted=True)

    assert end(reply.id) is False

    assert stored(reply).status == "in_progress"
    assert QuotaSlot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_cancel_at_once_leave_one_truth(member):
    for _ in range(5):
        reply = make_reply(member, counted=True)
        claimed, cancelled = at_once(
            [
                lambda reply=reply: lifecycle.claim(reply_id=reply.id, worker=uuid4()),
                lambda reply=reply: lifecycle.cancel_queued(reply.id),
            ]
        )
        assert (claimed is None) == cancelled
        assert QuotaSlot.objects.filter(reply_id=reply.id).exists() == (not cancelled)
        lifecycle.cancel_queued(reply.id)


def test_a_retry_waits_for_its_moment_and_counts_the_failure(member, settings):
    settings.WORKER_TICK_SECONDS = 2
    reply = make_running(member, counted=True)
    retry_at = timezone.now() + timedelta(seconds=30)

    lifecycle.retry_later(reply, FAILURE, retry_at=retry_at)

    row = stored(reply)
    assert (row.status, row.failures, row.rescues, row.attempt) == ("queued", 1, 0, 1)
    assert (row.worker, row.retry_at) == (None, retry_at)
    assert row.wake_at == retry_at + timedelta(seconds=2)
    assert row.error_code == "model_error"
    assert QuotaSlot.objects.count() == 1


def test_a_success_after_a_retry_forgets_the_failure(member):
    reply = make_running(member)
    lifecycle.retry_later(reply, FAILURE, retry_at=timezone.now() - timedelta(seconds=1))
    again = lifecycle.claim(reply_id=reply.id, worker=uuid4())

    lifecycle.complete(again, spoken("Hi"))

    row = stored(reply)
    assert (row.attempt, row.failures, row.error_code, row.error_detail) == (2, 1, None, None)


def test_what_is_handed_back_is_due_at_once_and_counts_as_no_failure(member):
    reply = make_running(member, counted=True)

    lifecycle.hand_back(reply)

    row = stored(reply)
    assert (row.status, row.failures, row.rescues, row.retry_at) == ("queued", 0, 0, None)
    assert [found.id for found in lifecycle.claim_due(worker=uuid4(), limit=5)] == [reply.id]


def test_a_dead_workers_replies_are_due_at_once(member):
    dead, alive = uuid4(), uuid4()
    orphans = [make_running(member, worker=dead, counted=True) for _ in range(2)]
    other = make_running(member, worker=alive)

    taken = lifecycle.rescue(workers=[dead])

    assert [reply.id for reply in taken] == [reply.id for reply in orphans]
    for reply in taken:
        row = stored(reply)
        assert (row.status, row.rescues, row.failures, row.worker) == ("queued", 1, 0, None)
    assert stored(other).status == "in_progress"
    assert len(lifecycle.claim_due(worker=alive, limit=5)) == 2


def test_a_rescue_ends_what_a_member_wanted_cancelled(member):
    reply = make_running(member, counted=True)
    lifecycle.request_cancel(reply.id)

    (taken,) = lifecycle.rescue(workers=[reply.worker])

    assert (taken.status, stored(reply).status) == ("cancelled", "cancelled")
    assert not QuotaSlot.objects.exists()


def test_a_wish_to_cancel_reaches_running_replies_only(member):
    waiting, ended = make_reply(member), make_running(member)
    lifecycle.complete(ended, Outcome())

    lifecycle.request_cancel(waiting.id)
    lifecycle.request_cancel(ended.id)

    assert set(Reply.objects.values_list("cancel_requested_at", flat=True)) == {None}


def test_a_reply_whose_workers_keep_dying_is_given_up(member, settings):
    settings.RESCUES_MAX = 3
    reply = make_reply(member, counted=True)
    for _ in range(4):
        claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())
        assert claimed is not None
        lifecycle.rescue(workers=[claimed.worker])

    row = stored(reply)
    assert (row.status, row.error_code, row.rescues, row.attempt) == ("failed", "crash_loop", 3, 4)
    assert row.refunded
    assert not QuotaSlot.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rescuers_at_once_take_each_reply_once(member):
    dead = uuid4()
    for _ in range(30):
        make_running(member, worker=dead)

    taken = at_once([lambda: lifecycle.rescue(workers=[dead]) for _ in range(5)])

    ids = [reply.id for part in taken for reply in part]
    assert len(ids) == len(set(ids)) == 30
    assert set(Reply.objects.values_list("status", "rescues")) == {("queued", 1)}


def test_strays_are_those_that_stood_there_for_long_and_do_not_run(member):
    worker = uuid4()
    running, young, stray = (make_running(member, worker=worker) for _ in range(3))
    foreign = make_running(member)
    long_ago = timezone.now() - timedelta(minutes=1)
    for reply in (running, stray, foreign):
        set_directly(reply, started_at=long_ago)

    taken = lifecycle.requeue_unowned(worker=worker, running=[running.id], older_than_seconds=5)

    assert [reply.id for reply in taken] == [stray.id]
    assert {stored(reply).status for reply in (running, young, foreign)} == {"in_progress"}
