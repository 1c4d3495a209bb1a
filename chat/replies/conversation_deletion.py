"""Deleting a conversation, which can be undone for 30 days."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Member
from api import threads
from chat.conversations import conversations
from chat.events import publisher
from chat.models import Conversation
from chat.resources import queries

from . import cancellation

RESTORABLE_FOR = timedelta(days=30)


async def delete(*, member: Member, conversation_id: UUID) -> None:
    """Stops the open reply, then hides the conversation everywhere.

    Raises Conversation.DoesNotExist.
    """
    await threads.run(queries.require, member=member, conversation_id=conversation_id)
    # First, so that a socket hears how the reply ended before its conversation is gone.
    await cancellation.cancel_open(conversation_id)
    await threads.run(_hide, member=member, conversation_id=conversation_id)
    # A request that was accepted in between; from now on none is.
    await cancellation.cancel_open(conversation_id)


def restore(*, member: Member, conversation_id: UUID) -> None:
    """Undoes it; one that is not deleted stays as it is.

    Raises Conversation.DoesNotExist, also when it was deleted too long ago.
    """
    with transaction.atomic():
        conversation, now = conversations.locked(member=member, conversation_id=conversation_id)
        if conversation.deleted_at is None:
            return
        if now - conversation.deleted_at > RESTORABLE_FOR:
            raise Conversation.DoesNotExist()
        conversation.deleted_at = None
        conversation.updated_at = now
        conversation.save(update_fields=["deleted_at", "updated_at"])
        transaction.on_commit(lambda: publisher.conversation_changed(conversation_id))


def _hide(*, member: Member, conversation_id: UUID) -> None:
    with transaction.atomic():
        conversation, now = conversations.locked(member=member, conversation_id=conversation_id)
        if conversation.deleted_at is not None:
            raise Conversation.DoesNotExist()
        conversation.deleted_at = now
        # A link that was given away does not come back to life by an undo: nothing would say so.
        conversation.share_token = None
        conversation.save(update_fields=["deleted_at", "share_token"])
        transaction.on_commit(lambda: publisher.conversation_changed(conversation_id))
