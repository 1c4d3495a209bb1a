"""The daily limit as facts: one row per request that counts."""

from django.conf import settings
from django.db import models


class QuotaSlot(models.Model):
    """Slot `slot` (from 1) of a member's day is taken. A refund deletes the row.

    It names its reply by id and not by reference, because it outlives a deleted conversation.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="quota_slots",
        db_index=False,  # the constraint's begins with it
    )
    day = models.DateField()
    slot = models.PositiveIntegerField()
    # Serves the refund.
    reply_id = models.UUIDField(unique=True)

    class Meta:
        constraints = [
            # Also serves the count of a member's day.
            models.UniqueConstraint(
                fields=["member", "day", "slot"], name="a_slot_is_taken_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} #{self.slot}"
