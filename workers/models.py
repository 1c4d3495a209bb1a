"""The worker processes, as the database sees them."""

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
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    # Since when it has beaten without a gap. Only after a full lease may it judge others: when
    # the database was away, everybody's heartbeat looks old.
    steady_since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
