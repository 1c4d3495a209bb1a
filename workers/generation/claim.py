"""Claiming replies and reading their contexts, in one visit to a database thread."""

from collections.abc import Iterable
from uuid import UUID

import structlog

from api.threads import DATABASE_UNAVAILABLE
from chat.exchange import context
from chat.exchange.context import Context
from chat.models import Reply
from chat.replies import lifecycle

log = structlog.get_logger(__name__)


def claim(reply_ids: Iterable[UUID], *, worker: UUID) -> list[tuple[Reply, Context | None]]:
    """Claims those that are queued; returns them, each with its context if that could be read.

    Raises one of `threads.DATABASE_UNAVAILABLE` when none could be claimed.
    """
    claimed: list[tuple[Reply, Context | None]] = []
    for reply_id in reply_ids:
        try:
            reply = lifecycle.claim(reply_id=reply_id, worker=worker)
        except DATABASE_UNAVAILABLE as error:
            if not claimed:
                raise
            # The others are this worker's already; this one is found in the table.
            log.warning("reply.unclaimed", reply=str(reply_id), error=type(error).__name__)
            break
        if reply is not None:
            claimed.append((reply, _context(reply)))
    return claimed


def _context(reply: Reply) -> Context | None:
    try:
        return context.of(reply)
    except Exception as error:  # whoever runs it reads it again, and tells why it cannot
        log.warning("reply.context_unread", reply=str(reply.id), error=type(error).__name__)
        return None
