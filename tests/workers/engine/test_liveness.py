"""Who lives, who is dead, and who may say so."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from support.chat.reply_rows import make_reply, make_running, set_directly, stored
from support.racing import at_once

from chat.models import Reply
from workers.engine import liveness
from workers.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
LEASE = 5.0


@pytest.fixture(autouse=True)
def _lease(settings):
    settings.WORKER_LEASE_SECONDS = LEASE


def age(worker, *, beat=0.0, steady=0.0):
    """As if its last beat, and its steadiness, were so many seconds older."""
    Worker.objects.filter(id=worker).update(
        beat_at=F("beat_at") - timedelta(seconds=beat),
        steady_since=F("steady_since") - timedelta(seconds=steady),
    )


def steady_worker():
    """One that has beaten for long, the last time just now."""
    worker = liveness.register()
    age(worker, steady=10 * LEASE)
    return worker


def test_a_worker_that_was_just_registered_lives(db):
    worker = liveness.register()

    result = liveness.beat(worker, running=[])

    assert result.alive
    assert result.idle


def test_a_beat_is_one_statement(member, django_assert_num_queries):
    worker = steady_worker()
    make_running(member)
    make_reply(member, due=True)

    with django_assert_num_queries(1):
        result = liveness.beat(worker, running=[uuid4() for _ in range(1000)])

    assert (result.alive, result.orphans, result.due) == (True, True, True)


def test_a_beat_keeps_the_worker_alive_and_says_how_much_it_runs(db):
    worker = steady_worker()
    age(worker, beat=2)
    before = Worker.objects.get()

    liveness.beat(worker, running=[uuid4(), uuid4()])

    after = Worker.objects.get()
    assert after.beat_at - before.beat_at >= timedelta(seconds=2)
    assert (after.running, after.steady_since) == (2, before.steady_since)


def test_a_worker_without_a_row_is_told_that_it_is_dead(db):
    result = liveness.beat(uuid4(), running=[])

    assert not result.alive
    assert not result.unowned_claims


def test_a_reply_is_an_orphan_only_after_the_lease(member):
    judge, silent = steady_worker(), liveness.register()
    reply = make_running(member, worker=silent)
    age(silent, beat=LEASE - 1)
    assert not liveness.beat(judge, running=[]).orphans
    assert liveness.rescue(judge=judge) == []

    age(silent, beat=1.5)

    assert liveness.beat(judge, running=[]).orphans
    assert [taken.id for taken in liveness.rescue(judge=judge)] == [reply.id]
    assert list(Worker.objects.values_list("id", flat=True)) == [judge]
    assert not liveness.beat(judge, running=[]).orphans
    assert not liveness.beat(silent, running=[reply.id]).alive


def test_a_reply_of_a_worker_that_left_is_an_orphan_at_once(member):
    judge, leaving = steady_worker(), liveness.register()
    make_running(member, worker=leaving)

    liveness.deregister(leaving)

    assert liveness.beat(judge, running=[]).orphans


def test_ones_own_replies_and_those_of_the_living_are_no_orphans(member):
    judge, other = steady_worker(), liveness.register()
    mine = make_running(member, worker=judge)
    make_running(member, worker=other)

    result = liveness.beat(judge, running=[mine.id])

    assert result.idle
    assert liveness.rescue(judge=judge) == []


def test_who_has_not_beaten_for_a_lease_judges_nobody(member):
    make_running(member)
    judge = liveness.register()
    assert not liveness.beat(judge, running=[]).orphans

    age(judge, steady=LEASE + 1)

    assert liveness.beat(judge, running=[]).orphans


def test_who_missed_beats_waits_a_lease_before_it_judges_again(member):
    judge = steady_worker()
    make_running(member)
    age(judge, beat=LEASE / 2 + 0.5)

    assert not liveness.beat(judge, running=[]).orphans

    age(judge, steady=LEASE + 1)
    assert liveness.beat(judge, running=[]).orphans


def test_a_database_that_stood_still_makes_nobody_dead(member):
    """Frozen between a worker's beat and its rescue, and for longer than a lease."""
    judge, other = steady_worker(), steady_worker()
    reply = make_running(member, worker=other)
    age(judge, beat=10 * LEASE)
    age(other, beat=10 * LEASE)

    assert liveness.rescue(judge=judge) == []

    assert Worker.objects.count() == 2
    assert stored(reply).status == "in_progress"


def test_what_waits_is_due_only_when_its_moment_has_come(member):
    worker = liveness.register()
    reply = make_reply(member)
    assert not liveness.beat(worker, running=[]).due

    set_directly(reply, wake_at=timezone.now() - timedelta(seconds=1))

    assert liveness.beat(worker, running=[]).due


def test_a_reply_under_ones_name_that_one_does_not_run_is_put_back(member):
    """A claim whose answer was lost with the connection."""
    worker = liveness.register()
    running, lost = (make_running(member, worker=worker) for _ in range(2))
    assert not liveness.beat(worker, running=[running.id]).unowned_claims

    Reply.objects.update(started_at=timezone.now() - timedelta(seconds=LEASE + 1))

    assert liveness.beat(worker, running=[running.id]).unowned_claims
    assert [taken.id for taken in liveness.requeue_unowned(worker, running=[running.id])] == [
        lost.id
    ]
    assert (stored(lost).status, stored(running).status) == ("queued", "in_progress")
    assert not liveness.beat(worker, running=[running.id]).unowned_claims


@pytest.mark.django_db(transaction=True)
def test_several_rescuers_share_the_dead(member):
    judges = [steady_worker() for _ in range(4)]
    dead = liveness.register()
    age(dead, beat=LEASE + 1)
    for _ in range(20):
        make_running(member, worker=dead)

    taken = at_once([lambda judge=judge: liveness.rescue(judge=judge) for judge in judges])

    ids = [reply.id for part in taken for reply in part]
    assert len(ids) == len(set(ids)) == 20
    assert set(Worker.objects.values_list("id", flat=True)) == set(judges)
