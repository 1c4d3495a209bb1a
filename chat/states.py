"""The life of a reply as a table. Every change of status is one of these moves."""

from django.db.models import TextChoices


class ReplyStatus(TextChoices):
    QUEUED = "queued", "Accepted, and waiting for a worker or for its next attempt."
    IN_PROGRESS = "in_progress", "A worker is asking the model."
    COMPLETED = "completed", "The whole answer is stored."
    FAILED = "failed", "No answer came, and none will; the error says why."
    CANCELLED = "cancelled", "Stopped on request; the text so far is stored."


OPEN = (ReplyStatus.QUEUED, ReplyStatus.IN_PROGRESS)
TERMINAL = (ReplyStatus.COMPLETED, ReplyStatus.FAILED, ReplyStatus.CANCELLED)

TRANSITIONS: dict[ReplyStatus, tuple[ReplyStatus, ...]] = {
    ReplyStatus.QUEUED: (ReplyStatus.IN_PROGRESS, ReplyStatus.CANCELLED, ReplyStatus.FAILED),
    ReplyStatus.IN_PROGRESS: (
        ReplyStatus.QUEUED,  # retry, rescue, hand-back
        ReplyStatus.COMPLETED,
        ReplyStatus.FAILED,
        ReplyStatus.CANCELLED,
    ),
    ReplyStatus.COMPLETED: (),
    ReplyStatus.FAILED: (),
    ReplyStatus.CANCELLED: (),
}
