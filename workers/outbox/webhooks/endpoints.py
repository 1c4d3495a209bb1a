"""A member's webhooks: where to tell of ended replies."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Member
from api.errors import DomainError
from workers.models import Webhook

from . import signing, targets

MAX_PER_MEMBER = 10


class WebhookLimitReached(DomainError):
    detail = f"You have {MAX_PER_MEMBER} webhooks, and there can be no more. Delete one first."


def create(*, member: Member, url: str) -> Webhook:
    """With a new secret. Raises TargetRefused and WebhookLimitReached.

    However many ask at once, a member has never more than allowed.
    """
    targets.check(url)
    with transaction.atomic():
        # One after another. The weaker lock, which leaves others free to refer to the member.
        Member.objects.select_for_update(no_key=True).only("id").get(id=member.id)
        if of(member).count() >= MAX_PER_MEMBER:
            raise WebhookLimitReached()
        return Webhook.objects.create(member=member, url=url, secret=signing.new_secret())


def of(member: Member) -> QuerySet[Webhook]:
    return Webhook.objects.filter(member=member)


def delete(*, member: Member, webhook_id: UUID) -> None:
    """With all that is still on its way. Raises Webhook.DoesNotExist, also for another's."""
    of(member).get(id=webhook_id).delete()


def switch_off(webhook_id: UUID) -> None:
    """Nothing more is written for it."""
    Webhook.objects.filter(id=webhook_id, disabled_at=None).update(disabled_at=Now())
