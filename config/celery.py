"""The Celery app. A message is a wake-up and not the truth: no ack, no results, no prefetch."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import import_modules, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Without Celery's fix-up for Django, which looks after database connections before and after each
# message: a message uses none, and `api.threads` looks after those of the replies.
app = Celery("malgil", fixups=[])
app.set_default()
app.config_from_object("config.celeryconfig")


@import_modules.connect(sender=app)
def set_up_django(**_: Any) -> None:
    """Before `autodiscover_tasks` imports any; it repeats nothing where Django is set up."""
    django.setup()


app.autodiscover_tasks(["workers.engine"])
app.steps["worker"].add("workers.engine.celery_lifecycle:StartEngine")
app.steps["consumer"].add("workers.engine.celery_fetching:Fetching")


@setup_logging.connect
def leave_logging_alone(**_: Any) -> None:
    """Django has set it up (config/monitoring/logging.py); with a receiver here Celery does not."""
