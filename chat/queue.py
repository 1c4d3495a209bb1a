"""Where a reply stands among those that wait for a worker."""

from django.conf import settings
from django.db.models import Q

from .models import Reply
from .states import ReplyStatus


def position(reply: Reply) -> int | None:
    """1 for the next in line; None unless it waits for a worker. One query, only when it waits.

    Never counts further than CHAT_QUEUE_MAX, the bound of the queue's length.
    """
    if reply.status != ReplyStatus.QUEUED or reply.retry_at is not None:
        return None
    earlier = Q(created_at__lt=reply.created_at) | Q(created_at=reply.created_at, id__lt=reply.id)
    ahead = Reply.objects.filter(earlier, status=ReplyStatus.QUEUED)
    return 1 + ahead[: settings.CHAT_QUEUE_MAX].count()
