"""What a wake-up does. Arguments of another release are logged and harm nothing."""

from typing import Any
from uuid import UUID

import structlog
from celery import shared_task

from . import celery_lifecycle, engine_thread  # noqa: F401  # connects the signals
from .wakeups import TASK

log = structlog.get_logger(__name__)


@shared_task(name=TASK, ignore_result=True)
def generate(*args: Any, **kwargs: Any) -> None:
    """Has the replies run that the arguments name, as far as they wait; returns at once."""
    reply_ids = [reply_id for arg in args if (reply_id := _id(arg)) is not None]
    if len(reply_ids) != len(args) or kwargs or not args:
        log.warning("wakeup.unreadable", args=len(args), kwargs=len(kwargs))
    if reply_ids:
        engine_thread.current().wake(*reply_ids)


def _id(given: Any) -> UUID | None:
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError):
        return None
