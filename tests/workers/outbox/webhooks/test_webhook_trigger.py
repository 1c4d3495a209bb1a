"""Each end of a reply puts its deliveries into the table, in the transaction that ends it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from support.chat.reply_rows import make_reply, make_running, stored
from support.people import make_member
from support.racing import at_once
from support.webhooks.hooks import FAILURE, OUTCOME, make_ended, make_webhook

from chat.outcomes import Outcome
from chat.replies import lifecycle
from workers.models import Delivery, Webhook
from workers.outbox.webhooks import endpoints

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

ENDS = {
    "completed": lambda reply: lifecycle.complete(reply, OUTCOME),
    "failed": lambda reply: lifecycle.fail(reply, FAILURE, Outcome()),
    "cancelled": lambda reply: lifecycle.cancel_running(reply, OUTCOME),
}


@pytest.mark.parametrize("status", ENDS)
def test_every_end_of_a_running_reply_is_to_be_told(member, status):
    webhook = make_webhook(member)
    reply = make_running(member)
    assert not Delivery.objects.exists()

    ENDS[status](reply)

    row = Delivery.objects.get()
    assert (row.webhook, row.reply_id) == (webhook, reply.id)
    assert (row.attempts, row.finished_at, stored(reply).status) == (0, None, status)


@pytest.mark.parametrize(
    "end", [lifecycle.cancel_queued, lambda id: lifecycle.fail_queued(id, FAILURE)]
)
def test_the_end_of_a_waiting_reply_is_to_be_told(member, end):
    make_webhook(member)

    assert end(make_reply(member).id)

    assert Delivery.objects.count() == 1


def test_what_is_no_end_is_not_told(member):
    make_webhook(member)
    reply = make_running(member)

    lifecycle.hand_back(reply)
    lifecycle.rescue(workers=[make_running(member).worker])

    assert not Delivery.objects.exists()


def test_a_reply_that_was_stored_ended_is_not_told(member):
    make_webhook(member)
    ended = {"status": "completed", "finished_at": timezone.now()}

    make_reply(member, **ended)

    assert not Delivery.objects.exists()


def test_each_webhook_of_the_member_hears_and_nobody_elses(member):
    mine = {make_webhook(member).id, make_webhook(member).id}
    make_webhook(make_member())

    make_ended(member)

    assert set(Delivery.objects.values_list("webhook_id", flat=True)) == mine


def test_it_is_written_in_the_transaction_that_ends_the_reply(member):
    make_webhook(member)
    reply = make_running(member)

    with transaction.atomic():
        lifecycle.complete(reply, OUTCOME)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()


def test_it_costs_the_end_of_a_reply_no_statement(member, django_assert_num_queries):
    reply = make_running(member)
    with CaptureQueriesContext(connection) as without:
        lifecycle.complete(reply, OUTCOME)
        count = len(without)
    make_webhook(member)
    reply = make_running(member)

    with django_assert_num_queries(count):
        lifecycle.complete(reply, OUTCOME)
    assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ending_and_deleting_at_once_harm_neither(member):
    """The end of a reply waits for no webhook, and fails for none."""
    for _ in range(15):
        webhook = make_webhook(member)
        reply = make_running(member)
        at_once(
            [
                lambda reply=reply: lifecycle.complete(reply, OUTCOME),
                lambda webhook=webhook: endpoints.delete(member=member, webhook_id=webhook.id),
            ]
        )

        assert stored(reply).status == "completed"
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_reply_does_not_wait_for_a_webhook_that_is_being_deleted(member):
    webhook = make_webhook(member)
    reply = make_running(member)

    with transaction.atomic():
        Webhook.objects.filter(id=webhook.id)._raw_delete("default")
        at_once([lambda: lifecycle.complete(reply, OUTCOME)])

    assert stored(reply).status == "completed"
    assert not Delivery.objects.exists()
