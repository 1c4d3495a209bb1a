"""The Celery app. A message is a wake-up and not the truth: early ack, no results, prefetch 1."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("malgil")
app.config_from_object("config.celeryconfig")
app.autodiscover_tasks(["workers"])
