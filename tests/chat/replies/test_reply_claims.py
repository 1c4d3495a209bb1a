"""Who may run a reply: claims, and the fence around every later write."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from support.chat.reply_rows import MODEL, make_reply, make_running, set_directly, stored, unchanged
from support.racing import at_once

from chat.models import Choice, QuotaSlot, Reply
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from chat.replies.claims import Superseded
from chat.states import ReplyStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
FAILURE = Failure(code="model_error", detail="It broke.", retryable=True)
ANSWER = Outcome(choices=[ChoiceParts(index=0, content="Hi", finish_reason="stop")], last_seq=3)


def test_a_claim_starts_the_next_attempt(member):
    reply = make_reply(member)
    worker = uuid4()

    claimed = lifecycle.claim(reply_id=reply.id, worker=worker)

    assert claimed is not None
    assert (claimed.status, claimed.attempt, claimed.worker) == ("in_progress", 1, worker)
    assert (claimed.revision, claimed.wake_at) == (2, None)
    assert claimed.started_at is not None


def test_a_claim_is_one_statement_and_knows_what_the_model_is_asked_with(
    member, django_assert_num_queries
):
    reply = make_reply(member, message="What time is it?")

    with django_assert_num_queries(1):
        claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())
        assert (claimed.prompt.answer, claimed.member.email) == ("What time is it?", member.email)
        assert (claimed.config.model, list(claimed.choices.all())) == (MODEL, [])


def test_a_claim_reads_every_column_as_it_is_stored(member):
    reply = make_reply(member, request_extra={"metadata": {"a": 1}})

    claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())

    read = Reply.objects.select_related(*lifecycle.WITH_CONTEXT).get(id=reply.id)
    pairs = [(claimed, read)]
    pairs += [(getattr(claimed, name), getattr(read, name)) for name in lifecycle.WITH_CONTEXT]
    for one, other in pairs:
        for field in type(other)._meta.concrete_fields:
            name = field.attname
            assert one.__dict__[name] == other.__dict__[name], name
        assert not one._state.adding


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_succeeds(member):
    reply = make_reply(member)

    claims = [lambda: lifecycle.claim(reply_id=reply.id, worker=uuid4()) for _ in range(12)]
    claimed = [claim for claim in at_once(claims) if claim is not None]

    assert len(claimed) == 1
    assert (stored(reply).attempt, stored(reply).worker) == (1, claimed[0].worker)


def test_a_reply_is_not_claimed_before_its_next_attempt_is_due(member):
    reply = make_reply(member, retry_at=timezone.now() + timedelta(seconds=30))

    assert lifecycle.claim(reply_id=reply.id, worker=uuid4()) is None

    set_directly(reply, retry_at=timezone.now() - timedelta(seconds=1))
    claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())
    assert claimed is not None
    assert claimed.retry_at is None


def test_an_ended_reply_is_not_claimed(member):
    reply = make_running(member)
    lifecycle.complete(reply, ANSWER)

    assert lifecycle.claim(reply_id=reply.id, worker=uuid4()) is None


def test_a_reply_that_does_not_exist_is_not_claimed(db):
    assert lifecycle.claim(reply_id=uuid4(), worker=uuid4()) is None


WRITES = {
    "complete": lambda reply: lifecycle.complete(reply, ANSWER),
    "fail": lambda reply: lifecycle.fail(reply, FAILURE, ANSWER),
    "cancel_running": lambda reply: lifecycle.cancel_running(reply, ANSWER),
    "retry_later": lambda reply: lifecycle.retry_later(reply, FAILURE, retry_at=timezone.now()),
    "hand_back": lambda reply: lifecycle.hand_back(reply),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("rival", ["same worker", "other worker"])
def test_a_claim_of_an_older_attempt_changes_nothing(member, write, rival):
    stale = make_running(member, counted=True)
    worker = stale.worker if rival == "same worker" else uuid4()
    lifecycle.hand_back(Reply.objects.get(id=stale.id))
    newer = lifecycle.claim(reply_id=stale.id, worker=worker)
    assert newer is not None

    with unchanged(newer), pytest.raises(Superseded):
        WRITES[write](stale)

    assert not Choice.objects.exists()
    assert QuotaSlot.objects.count() == 1


@pytest.mark.parametrize("write", WRITES)
def test_a_claim_of_another_worker_changes_nothing(member, write):
    reply = make_running(member, counted=True)
    forged = Reply.objects.get(id=reply.id)
    forged.worker = uuid4()

    with unchanged(reply), pytest.raises(Superseded):
        WRITES[write](forged)

    assert not Choice.objects.exists()
    assert QuotaSlot.objects.count() == 1


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_is_repeated_is_superseded(member, write):
    reply = make_running(member, counted=True)
    again = Reply.objects.get(id=reply.id)
    WRITES[write](reply)

    with unchanged(reply), pytest.raises(Superseded):
        WRITES[write](again)


@pytest.mark.django_db(transaction=True)
def test_of_many_ends_at_once_one_is_stored(member):
    reply = make_running(member, counted=True)

    def end(write):
        try:
            write(Reply.objects.get(id=reply.id))
        except (Superseded, Reply.DoesNotExist):
            return 0
        return 1

    writes = [WRITES[name] for name in ("complete", "fail", "cancel_running")] * 4
    ended = at_once([lambda write=write: end(write) for write in writes])

    assert sum(ended) == 1
    row = stored(reply)
    assert Choice.objects.count() == 1
    assert QuotaSlot.objects.count() == (0 if row.status == ReplyStatus.FAILED else 1)


def test_what_is_due_is_claimed_oldest_first_and_no_more_than_asked(member):
    now = timezone.now()
    ages = [3, 1, 5, 2, 4]
    made = {
        age: make_reply(member, due=True, created_at=now - timedelta(minutes=age)) for age in ages
    }
    make_reply(member)  # its wake-up is on its way

    claimed = lifecycle.claim_due(worker=uuid4(), limit=3)

    assert [reply.id for reply in claimed] == [made[age].id for age in (5, 4, 3)]
    assert all(reply.status == ReplyStatus.IN_PROGRESS for reply in claimed)
    assert [len(lifecycle.claim_due(worker=uuid4(), limit=10)) for _ in range(2)] == [2, 0]


def test_claiming_many_takes_few_statements(member, django_assert_num_queries):
    for _ in range(20):
        make_reply(member, due=True)

    with django_assert_num_queries(4):  # two are the transaction's
        claimed = lifecycle.claim_due(worker=uuid4(), limit=20)
        assert len({reply.member.email for reply in claimed}) == 1
        assert all(not reply.choices.all() for reply in claimed)


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_share_what_is_due(member):
    made = {make_reply(member, due=True).id for _ in range(40)}

    looks = [lambda: lifecycle.claim_due(worker=uuid4(), limit=8) for _ in range(6)]
    taken = [[reply.id for reply in claimed] for claimed in at_once(looks)]

    everything = [reply_id for claimed in taken for reply_id in claimed]
    assert len(everything) == len(set(everything))
    assert set(everything) <= made
    assert all(len(claimed) <= 8 for claimed in taken)
    assert set(Reply.objects.values_list("attempt", flat=True)) <= {0, 1}
    left = sum(1 for _ in lifecycle.claim_due(worker=uuid4(), limit=100))
    assert len(everything) + left == 40
