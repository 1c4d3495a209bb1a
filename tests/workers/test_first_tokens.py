"""The first token of lately, as a worker tells it with its beat."""

import pytest

from workers import first_tokens, liveness
from workers.models import Worker


@pytest.fixture(autouse=True)
def _none_yet():
    first_tokens._seen.clear()
    yield
    first_tokens._seen.clear()


def test_the_median_of_lately(monkeypatch):
    assert first_tokens.median() is None
    for seconds in (0.2, 9.0, 0.4):
        first_tokens.note(seconds)
    assert first_tokens.median() == 0.4

    monkeypatch.setattr(first_tokens, "LATELY_SECONDS", -1.0)
    assert first_tokens.median() is None, "what is old does not count"


@pytest.mark.django_db
def test_a_beat_tells_it():
    worker = liveness.register()
    first_tokens.note(0.7)
    liveness.beat(worker, running=[])

    assert Worker.objects.get(id=worker).first_token_seconds == 0.7
