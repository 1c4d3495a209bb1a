from django.apps import AppConfig


class CompositionConfig(AppConfig):
    """Makes the Celery app the current one in every process that starts Django."""

    name = "config"

    def ready(self) -> None:
        from api import metrics

        from . import celery  # noqa: F401

        metrics.tidy()
