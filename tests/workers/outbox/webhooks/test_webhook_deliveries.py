"""Deliveries in the table: taken and shared, settled or tried again, and forgotten."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from support.people import make_member
from support.racing import at_once
from support.webhooks.hooks import make_due, make_ended, make_webhook

from chat.models import Choice, Conversation, Reply
from workers.engine import liveness
from workers.models import Delivery, Webhook
from workers.outbox.webhooks import deliveries, endpoints
from workers.outbox.webhooks.retrying import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


def claimed(limit=100, busy=()):
    return deliveries.claim(limit=limit, busy=list(busy))


def settle(attempt, status, **answer):
    return deliveries.settle(attempt, Answer(status=status, **answer), chance=0.5)


# Taken


def test_an_attempt_holds_the_reply_as_the_api_gives_it(api, member):
    webhook = make_webhook(member)
    reply = make_ended(member)

    (attempt,) = claimed()

    event = json.loads(attempt.body)
    given = api.get(f"/api/v1/replies/{reply.id}").json()
    assert event == {"type": "reply.finished", "timestamp": given["finished_at"], "data": given}
    assert event["data"]["choices"][0]["content"] == "Hi! 안녕"
    assert (attempt.url, attempt.secret, attempt.number) == (webhook.url, webhook.secret, 1)
    assert "." not in attempt.message_id


def test_what_was_taken_is_taken_again_only_after_the_lease(member, settings):
    make_webhook(member)
    make_ended(member)
    (first,) = claimed()
    lease = 2 * settings.WEBHOOK_TIMEOUT_SECONDS
    make_due(seconds=lease - 1)
    assert claimed() == []

    make_due(seconds=1)

    (second,) = claimed()
    assert (first.number, second.number) == (1, 2)
    assert (first.message_id, first.body) == (second.message_id, second.body)


def test_of_one_webhook_only_a_few_are_taken_at_once(member):
    slow, other = make_webhook(member), make_webhook(make_member())
    for _ in range(deliveries.MAX_PER_WEBHOOK + 3):
        make_ended(member)
    make_ended(other.member)

    taken = [attempt.webhook_id for attempt in claimed()]

    assert taken.count(slow.id) == deliveries.MAX_PER_WEBHOOK
    assert taken.count(other.id) == 1
    assert claimed(busy=[slow.id]) == []
    assert len(claimed()) == 3


def test_no_more_are_taken_than_there_is_room_for_the_oldest_first(member):
    webhooks = [make_webhook(member) for _ in range(5)]
    make_ended(member)
    for number, webhook in enumerate(webhooks):
        due_at = timezone.now() - timedelta(minutes=number)
        Delivery.objects.filter(webhook=webhook).update(due_at=due_at)

    assert {attempt.webhook_id for attempt in claimed(limit=2)} == {webhooks[3].id, webhooks[4].id}


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_what_is_due(member):
    for _ in range(10):
        make_webhook(member)
    for _ in range(3):
        make_ended(member)

    taken = at_once([lambda: claimed(limit=20)] * 4)
    ids = [attempt.delivery_id for part in taken for attempt in part]

    assert len(ids) == len(set(ids))
    ids += [attempt.delivery_id for attempt in claimed()]
    assert len(ids) == len(set(ids)) == 30


def undue(member, webhook, reply):
    """Ways to make a delivery pointless between the end and the claim."""
    return {
        "the conversation was deleted": lambda: Conversation.objects.update(
            deleted_at=timezone.now()
        ),
        "the webhook was switched off": lambda: endpoints.switch_off(webhook.id),
        "the member was deactivated": lambda: type(member).objects.update(is_active=False),
        "it never came to an end": lambda: Delivery.objects.update(attempts=4),
    }


@pytest.mark.parametrize("why", undue(None, None, None))
def test_what_is_not_to_be_told_any_more_is_finished_unsent(member, why):
    webhook, reply = make_webhook(member), make_ended(member)
    undue(member, webhook, reply)[why]()

    assert claimed() == []

    assert Delivery.objects.get().finished_at is not None
    assert claimed() == []


@pytest.mark.parametrize("what", ["the webhook", "the reply", "the member"])
def test_deliveries_go_with_what_they_are_of(member, what):
    webhook, reply = make_webhook(member), make_ended(member)
    gone = {"the webhook": webhook, "the reply": reply, "the member": member}[what]
    (attempt,) = claimed()
    if what == "the reply":
        Choice.objects.all().delete()

    gone.delete()

    assert not Delivery.objects.exists()
    settle(attempt, 200)
    assert not Delivery.objects.exists()


def test_they_go_in_the_database_too_whoever_deletes(member):
    webhook = make_webhook(member)
    make_ended(member)

    Webhook.objects.filter(id=webhook.id)._raw_delete("default")

    assert not Delivery.objects.exists()
    make_webhook(member)
    reply = make_ended(member)
    Choice.objects.all().delete()
    Reply.objects.filter(id=reply.id)._raw_delete("default")
    assert not Delivery.objects.exists()


# Settled


def test_after_success_it_is_finished(member):
    make_webhook(member)
    make_ended(member)

    assert settle(claimed()[0], 204) is None

    row = Delivery.objects.get()
    assert (row.status, row.finished_at is None) == (204, False)
    make_due(days=2)
    assert claimed() == []


@pytest.mark.parametrize("status", [None, 100, 301, 302, 307, 400, 404, 429, 500, 503])
def test_all_else_is_tried_again_until_the_last_pause(member, settings, status):
    settings.WEBHOOK_RETRY_SECONDS = [10, 20]
    make_webhook(member)
    make_ended(member)
    pauses = []

    for _ in range(3):
        (attempt,) = claimed()
        pauses.append(settle(attempt, status))
        assert claimed() == []
        make_due(seconds=20)

    assert pauses == [10, 20, None]
    row = Delivery.objects.get()
    assert (row.attempts, row.status, row.finished_at is None) == (3, status, False)
    assert claimed() == []


def test_a_receiver_that_is_gone_is_told_nothing_more(api, member):
    gone, other = make_webhook(member), make_webhook(member)
    for _ in range(2):
        make_ended(member)
    first = next(attempt for attempt in claimed() if attempt.webhook_id == gone.id)

    assert settle(first, 410) is None

    make_due(minutes=1)
    assert {attempt.webhook_id for attempt in claimed()} == {other.id}
    reply = make_ended(member)
    assert Delivery.objects.get(reply=reply).webhook == other
    listed = api.get("/api/v1/me/webhooks").json()["results"]
    assert [row["disabled_at"] is None for row in listed] == [True, False]


def test_who_is_late_changes_nothing(member):
    make_webhook(member)
    make_ended(member)
    (late,) = claimed()
    make_due(minutes=1)
    (current,) = claimed()

    settle(late, 200)
    deliveries.hand_back([late])
    assert claimed() == []
    assert Delivery.objects.get().finished_at is None

    settle(current, 200)
    settle(late, 500)
    assert Delivery.objects.get().status == 200


def test_what_is_handed_back_is_due_at_once(member):
    make_webhook(member)
    make_ended(member)

    deliveries.hand_back(claimed())

    assert [attempt.number for attempt in claimed()] == [2]


# Looked for, and forgotten


def test_a_beat_tells_of_what_is_due(member):
    worker = liveness.register()
    make_webhook(member)
    assert not liveness.beat(worker, running=[]).deliveries

    make_ended(member)

    result = liveness.beat(worker, running=[])
    assert (result.deliveries, result.idle) == (True, True)
    (attempt,) = claimed()
    assert not liveness.beat(worker, running=[]).deliveries
    settle(attempt, 200)
    assert not liveness.beat(worker, running=[]).deliveries


def test_finished_ones_are_forgotten_after_days_and_others_are_not(member):
    worker = liveness.register()
    make_webhook(member)
    for _ in range(2):
        make_ended(member)
    for attempt in claimed(limit=1):
        settle(attempt, 200)
    deliveries.forget_old()
    assert Delivery.objects.count() == 2

    make_due(days=3, minutes=1)
    assert liveness.beat(worker, running=[]).deliveries
    deliveries.forget_old()

    assert Delivery.objects.get().finished_at is None


def test_the_look_for_what_is_due_uses_its_index(member):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Delivery.objects.filter(due_at__lte=timezone.now()).explain()

    assert "delivery_due" in plan
