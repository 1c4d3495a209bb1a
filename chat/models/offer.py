"""What the model server offers, as the workers last saw it."""

from django.db import models
from django.utils import timezone


class OfferedModel(models.Model):
    """A name of the server's `/v1/models`; read by the API, which does not call the model."""

    name = models.CharField(primary_key=True, max_length=200)
    position = models.PositiveIntegerField()
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
