"""Reading conversations and replies, each with a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from accounts.models import Member
from api.prepared import Prepared
from chat.models import Choice, Conversation, Reply
from chat.states import OPEN

from . import search


def replies() -> QuerySet[Reply]:
    """Replies as `render.reply` expects them; two queries."""
    return _with_choices(Reply.objects.filter(conversation__deleted_at=None))


def _with_choices(listed: QuerySet[Reply]) -> QuerySet[Reply]:
    choices = Prefetch("choices", Choice.objects.order_by("index"))
    return listed.select_related("config").prefetch_related(choices)


def require(*, member: Member, conversation_id: UUID) -> None:
    """Raises Conversation.DoesNotExist, also for another member's."""
    Conversation.objects.only("id").get(id=conversation_id, member=member, deleted_at=None)


def get_reply(*, member: Member, reply_id: UUID) -> Reply:
    """Raises Reply.DoesNotExist, also for another member's."""
    return replies().get(id=reply_id, member=member)


def summary(conversation_id: UUID) -> Conversation | None:
    """As `with_last_reply` gives it; a deleted one too. One query."""
    return _summary.first(conversation=conversation_id)


def with_last_reply() -> QuerySet[Conversation]:
    """Conversations with their config and `last_reply` as `{id, status}` or None; one query."""
    latest = (
        Reply.objects.filter(conversation=OuterRef("pk"))
        .order_by("-created_at", "-id")
        .values(json=JSONObject(id="id", status="status"))[:1]
    )
    return Conversation.objects.select_related("config").annotate(last_reply=Subquery(latest))


_summary = Prepared(lambda conversation: with_last_reply().filter(id=conversation))


def summaries(*, member: Member, archived: bool, text: str) -> QuerySet[Conversation]:
    """A member's conversations for the list; with a text those that contain it."""
    listed = with_last_reply().filter(member=member, deleted_at=None, archived=archived)
    return search.containing(listed, member=member, text=text) if text else listed


def get_conversation(*, member: Member, conversation_id: UUID) -> Conversation:
    """One with all its prompts, replies and choices; four queries whatever its length.

    Raises Conversation.DoesNotExist.
    """
    return _complete().get(id=conversation_id, member=member)


def shared(token: str) -> Conversation:
    """The same for one that its member shared. Raises Conversation.DoesNotExist."""
    return _complete().get(share_token=token, member__is_active=True)


def all_including_deleted() -> QuerySet[Conversation]:
    """All conversations, also those that were deleted and can be restored."""
    return _with_everything(_with_choices(Reply.objects.all()))


def _complete() -> QuerySet[Conversation]:
    return _with_everything(replies()).filter(deleted_at=None)


def _with_everything(listed: QuerySet[Reply]) -> QuerySet[Conversation]:
    within = Prefetch("replies", listed.order_by("id"))
    return Conversation.objects.select_related("config").prefetch_related("prompts", within)


def open_of(member_id: UUID) -> list[Reply]:
    return list(replies().filter(member_id=member_id, status__in=OPEN).order_by("id"))


@dataclass(frozen=True)
class Head:
    """How far a reply has come, without reading it."""

    reply: UUID
    member: UUID
    revision: int


def heads(reply_ids: Iterable[UUID]) -> list[Head]:
    """One query; what was deleted is missing."""
    return _heads(Q(id__in=list(reply_ids)))


def heads_since(member_ids: Iterable[UUID], moment: datetime) -> list[Head]:
    """Of the members' open replies, and those that ended after the moment; one query."""
    recent = Q(status__in=OPEN) | Q(finished_at__gt=moment)
    return _heads(recent & Q(member_id__in=list(member_ids)))


def _heads(which: Q) -> list[Head]:
    found = Reply.objects.filter(which, conversation__deleted_at=None).order_by("id")
    return [Head(*row) for row in found.values_list("id", "member_id", "revision")]


def revisions(reply_ids: Iterable[UUID]) -> dict[UUID, int]:
    """One query; what was deleted is missing."""
    rows = Reply.objects.filter(id__in=list(reply_ids)).values_list("id", "revision")
    return dict(rows)


def conversations_changed_since(member_ids: Iterable[UUID], moment: datetime) -> list[Conversation]:
    """As summaries; deleted ones too. One query."""
    recent = Q(updated_at__gt=moment) | Q(deleted_at__gt=moment)
    return list(with_last_reply().filter(recent, member_id__in=list(member_ids)))
