"""What an answer means, and when an attempt is followed by another. Chance is an argument."""

from dataclasses import dataclass

from django.conf import settings

GONE = 410
MAX_RETRY_AFTER_SECONDS = 86_400.0
# Deliveries that failed together do not return together.
SPREAD = 0.1


@dataclass(frozen=True)
class Answer:
    """`status` is None when none came; `why` then names what happened."""

    status: int | None
    retry_after: float = 0.0
    why: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def pause_after(answer: Answer, *, attempts: int, chance: float) -> float | None:
    """Seconds until the next attempt, or None after the last. `chance` is from 0 to 1.

    `attempts` counts the one that failed. A longer Retry-After is honoured, up to a day.
    """
    if attempts > len(settings.WEBHOOK_RETRY_SECONDS):
        return None
    pause: float = settings.WEBHOOK_RETRY_SECONDS[attempts - 1]
    spread = pause * (1 + SPREAD * (2 * chance - 1))
    return max(spread, min(answer.retry_after, MAX_RETRY_AFTER_SECONDS))
