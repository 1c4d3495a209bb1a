"""Sharing one conversation by a link that cannot be guessed."""

import secrets
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.models import Member
from chat.models import Conversation

from . import conversations


def share(*, member: Member, conversation_id: UUID) -> str:
    """The token of its link; one that is shared keeps it. Raises Conversation.DoesNotExist."""
    with transaction.atomic():
        conversation, _ = conversations.locked(member=member, conversation_id=conversation_id)
        if conversation.deleted_at is not None:
            raise Conversation.DoesNotExist()
        if conversation.share_token is None:
            conversation.share_token = secrets.token_urlsafe(24)
            conversation.save(update_fields=["share_token"])
    return conversation.share_token


def unshare(*, member: Member, conversation_id: UUID) -> None:
    """Its link leads nowhere from now on, also when it is shared again.

    Raises Conversation.DoesNotExist.
    """
    kept = Conversation.objects.filter(id=conversation_id, member=member, deleted_at=None)
    if not kept.update(share_token=None):
        raise Conversation.DoesNotExist()


def unshare_all_of(member: Member) -> None:
    """Deleted conversations too, which may come back."""
    Conversation.objects.filter(member=member).exclude(share_token=None).update(share_token=None)


def url(token: str, *, server: str) -> str:
    """The client's page: of the first FRONTEND_ORIGINS, else of `server`, the origin asked."""
    origins: list[str] = settings.FRONTEND_ORIGINS
    return f"{origins[0] if origins else server}/shared/{token}"
