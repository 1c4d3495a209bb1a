"""The Celery app. A message is a wake-up and not the truth: no ack, no results, no prefetch."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("malgil")
app.config_from_object("config.celeryconfig")
app.autodiscover_tasks(["workers.engine"])
app.steps["worker"].add("workers.engine.celery_lifecycle:StartEngine")
app.steps["consumer"].add("workers.engine.celery_fetching:Fetching")


@setup_logging.connect
def leave_logging_alone(**_: Any) -> None:
    """Django has set it up (config/monitoring/logging.py); with a receiver here Celery does not."""
