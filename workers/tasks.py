"""What a wake-up does. Arguments of another release are logged and harm nothing."""

from typing import Any
from uuid import UUID

import structlog
from celery import shared_task

from . import engine, lifecycle  # noqa: F401  # connects the signals
from .wakeups import TASK

log = structlog.get_logger(__name__)


@shared_task(name=TASK, ignore_result=True)
def generate(*args: Any, **kwargs: Any) -> None:
    """Runs the reply named by the first argument, if there is one to run, until it rests."""
    try:
        reply_id = UUID(args[0])
    except (IndexError, ValueError, TypeError, AttributeError):
        log.warning("wakeup.unreadable", args=repr(args)[:200], kwargs=repr(kwargs)[:200])
        return
    engine.current().generate(reply_id)
