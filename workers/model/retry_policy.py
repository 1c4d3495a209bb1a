"""When a failed attempt is followed by another. Time and chance come in as arguments."""

from datetime import datetime, timedelta

from django.conf import settings

from .failures import ModelFailure

MAX_BACKOFF_SECONDS = 60.0


def next_attempt_at(
    failure: ModelFailure, *, failures: int, accepted_at: datetime, now: datetime, chance: float
) -> datetime | None:
    """The moment of the next attempt, or None when this failure is final.

    `failures` counts this one; `chance` is from 0 to 1. The backoff doubles with each failure
    and is spread over its upper half, so that replies that failed together do not return
    together; a longer Retry-After is honoured.
    """
    if not failure.kind.auto_retry or failures >= settings.MODEL_ATTEMPTS:
        return None
    backoff = min(MAX_BACKOFF_SECONDS, settings.MODEL_BACKOFF_SECONDS * 2 ** (failures - 1))
    delay = max(backoff * (0.5 + chance / 2), failure.retry_after or 0.0)
    moment = now + timedelta(seconds=delay)
    deadline = accepted_at + timedelta(seconds=settings.MODEL_DEADLINE_SECONDS)
    return moment if moment <= deadline else None
