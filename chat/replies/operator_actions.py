"""What operations do to replies; the member's sockets are told as of any other change."""

from uuid import UUID

from django.db import transaction

from api.errors import DomainError
from chat.events import publisher
from chat.models import Reply
from chat.states import TERMINAL, ReplyStatus

from . import accept, cancellation, lifecycle


class NotRunning(DomainError):
    detail = "It does not run: only a running reply can be taken from its worker."


class AlreadyEnded(DomainError):
    detail = "It has ended already."


class NotEnded(DomainError):
    detail = "It has not ended yet: cancel or requeue it instead."


class MemberLockedOut(DomainError):
    detail = "Its member is deactivated, and nobody would read the answer."


def cancel(reply_id: UUID) -> None:
    """As `cancelling.ask`. Raises AlreadyEnded and Reply.DoesNotExist."""
    if Reply.objects.only("status").get(id=reply_id).status in TERMINAL:
        raise AlreadyEnded()
    cancellation.ask(reply_id)


def requeue(reply_id: UUID) -> Reply:
    """Takes a running reply from its worker and wakes another. Raises NotRunning.

    Opens no transaction of its own around what it tells, so that it is told after the commit.
    """
    reply = lifecycle.take_back(reply_id)
    if reply is None:
        raise NotRunning()
    transaction.on_commit(lambda: _tell(reply))
    return reply


def answer_again(reply_id: UUID) -> Reply:
    """A new reply to the same prompt, which takes no slot of the member's day.

    Raises NotEnded, MemberLockedOut, Reply.DoesNotExist (also in a deleted conversation),
    ReplyInProgress, IntakeIncomplete and QueueFull.
    """
    reply = Reply.objects.select_related("member").get(id=reply_id)
    if reply.status not in TERMINAL:
        raise NotEnded()
    if not reply.member.is_active:
        raise MemberLockedOut()
    return accept.regenerate(member=reply.member, reply_id=reply_id, counted=False).reply


def _tell(reply: Reply) -> None:
    publisher.publish(publisher.after_change(reply))
    if reply.status == ReplyStatus.QUEUED:
        publisher.reply_queued.send(sender=Reply, reply_id=reply.id)
