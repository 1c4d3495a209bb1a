"""A policy of retrying for attempts, and nothing known of the model server's dialect."""

import pytest

from workers.model import provider_dialect


@pytest.fixture(autouse=True)
def _patient(settings):
    settings.MODEL_ATTEMPTS = 4
    settings.MODEL_BACKOFF_SECONDS = 1
    provider_dialect._learnt.clear()
