"""The worker processes, as the database sees them, and the webhooks that they serve."""

from django.conf import settings
from django.db import models

from api.ids import uuid7


class Worker(models.Model):
    """One worker process and its heartbeat, on the database's clock.

    The row is deleted by whoever finds the process dead; a process that misses its row knows so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    running = models.PositiveIntegerField(default=0)
    # What it saw of the model last, a ModelStatus; the default is for a release that says nothing.
    model = models.CharField(max_length=20, default="unknown", db_default="unknown")
    # Median of lately, from the accept to the first text.
    first_token_seconds = models.FloatField(null=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    # Since when it has beaten without a gap. Only after a full lease may it judge others: when
    # the database was away, everybody's heartbeat looks old.
    steady_since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Webhook(models.Model):
    """Where a member wants to hear of replies that ended.

    The secret signs what is sent, so it is kept as it is. `disabled_at`: the receiver said that it
    is gone for good.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Its index also serves the trigger that writes deliveries.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(max_length=2000)
    secret = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class Delivery(models.Model):
    """One ended reply on its way to one webhook.

    A trigger writes it in the transaction that ends the reply, so that none is forgotten; see
    migrations/0002_webhooks.py, which also makes the two foreign keys cascade in the database.
    """

    webhook = models.ForeignKey(
        Webhook,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,  # one_delivery_of_a_reply_per_webhook serves it
    )
    reply = models.ForeignKey(
        "chat.Reply", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    # Grows with each claim, and fences what is written after it.
    attempts = models.PositiveSmallIntegerField()
    # When there is something to do with it: to send it (again), or to forget it once it is
    # finished.
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Of the last answer; null when none came.
    status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "reply"], name="one_delivery_of_a_reply_per_webhook"
            ),
        ]
        indexes = [
            # Serves the workers' look for what is to be done.
            models.Index(fields=["due_at"], name="delivery_due"),
        ]

    def __str__(self) -> str:
        return f"{self.reply_id} to {self.webhook_id}"
