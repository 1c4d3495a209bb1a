"""Webhooks and deliveries as the engine meets them."""

from datetime import timedelta

from django.db.models import F

from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from support.chat.reply_rows import make_running
from workers.models import Delivery, Webhook
from workers.outbox.webhooks import endpoints

OUTCOME = Outcome(choices=[ChoiceParts(index=0, content="Hi! 안녕", finish_reason="stop")])
FAILURE = Failure(code="model_error", detail="The model failed.", retryable=True)


def make_webhook(member, url="http://127.0.0.1:9/") -> Webhook:
    return endpoints.create(member=member, url=url)


def make_ended(member, **fields):
    """A reply that a worker completed."""
    reply = make_running(member, **fields)
    lifecycle.complete(reply, OUTCOME)
    return reply


def make_due(**by) -> None:
    Delivery.objects.update(due_at=F("due_at") - timedelta(**by))
