"""The first token of lately, as a worker tells it with its beat."""

import pytest

from workers.engine import liveness
from workers.models import Worker
from workers.streaming import first_token_latency


@pytest.fixture(autouse=True)
def _none_yet():
    first_token_latency._seen.clear()
    yield
    first_token_latency._seen.clear()


def test_the_median_of_lately(monkeypatch):
    assert first_token_latency.median() is None
    for seconds in (0.2, 9.0, 0.4):
        first_token_latency.note(seconds)
    assert first_token_latency.median() == 0.4

    monkeypatch.setattr(first_token_latency, "LATELY_SECONDS", -1.0)
    assert first_token_latency.median() is None, "what is old does not count"


@pytest.mark.django_db
def test_a_beat_tells_it():
    worker = liveness.register()
    first_token_latency.note(0.7)
    liveness.beat(worker, running=[])

    assert Worker.objects.get(id=worker).first_token_seconds == 0.7
