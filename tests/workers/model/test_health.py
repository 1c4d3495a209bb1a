"""What is known of the model server, and how seldom it is asked for that."""

import asyncio
from datetime import timedelta

import pytest
from django.db.models import F

from workers.engine import liveness
from workers.model import catalogue, health
from workers.model.client import ModelClient
from workers.model.failures import BROKEN, NO_ACCESS, NO_CREDIT, UNREACHABLE, ModelFailure
from workers.model.health import ModelHealth, ModelState, ModelStatus
from workers.models import Worker

LEASE = 5.0


@pytest.fixture(autouse=True)
def _lease(settings):
    settings.WORKER_LEASE_SECONDS = LEASE


def beats(status):
    worker = liveness.register()
    liveness.beat(worker, running=[], model=status)
    return worker


# What the workers together say


@pytest.mark.django_db
def test_without_a_worker_nothing_is_known():
    assert health.current() == ModelState(status=ModelStatus.UNKNOWN, workers=0)


@pytest.mark.django_db
def test_the_worst_that_a_worker_says_counts(django_assert_num_queries):
    beats(ModelStatus.UNKNOWN)
    beats(ModelStatus.OK)
    assert health.current() == ModelState(status=ModelStatus.OK, workers=2)
    beats(ModelStatus.UNAUTHORIZED)

    with django_assert_num_queries(1):
        assert health.current() == ModelState(status=ModelStatus.UNAUTHORIZED, workers=3)


@pytest.mark.django_db
def test_what_a_dead_worker_said_is_forgotten():
    dead = beats(ModelStatus.UNREACHABLE)
    Worker.objects.filter(id=dead).update(beat_at=F("beat_at") - timedelta(seconds=LEASE + 1))
    beats(ModelStatus.OK)

    assert health.current() == ModelState(status=ModelStatus.OK, workers=1)


@pytest.mark.parametrize("status", ModelStatus)
def test_each_state_has_a_sentence(status):
    sentence = ModelState(status=status, workers=1).sentence

    assert sentence.endswith(".")
    assert len(sentence.split()) > 3


# What one worker sees


def test_the_last_word_counts():
    health = ModelHealth()
    for kind, status in (
        (NO_ACCESS, ModelStatus.UNAUTHORIZED),
        (UNREACHABLE, ModelStatus.UNREACHABLE),
        (BROKEN, ModelStatus.UNREACHABLE),
        (NO_CREDIT, ModelStatus.OUT_OF_CREDIT),
    ):
        health.failed(kind)
        assert health.status == status
    health.listed()
    assert health.status == ModelStatus.OUT_OF_CREDIT
    health.answered()
    assert health.status == ModelStatus.OK


@pytest.fixture
async def client(model):
    client = ModelClient()
    yield client
    await client.close()


BODY = {"model": "malgil-demo", "messages": [{"role": "user", "content": "hi"}]}


async def test_a_wrong_key_is_seen_by_the_list_and_by_an_answer(client, model):
    model.set(api_key="another")

    for asking in (client.models, lambda: client.complete(BODY)):
        client.health = ModelHealth()
        with pytest.raises(ModelFailure):
            await asking()
        assert client.health.status == ModelStatus.UNAUTHORIZED

    model.set(api_key=None)
    assert "malgil-demo" in await client.models()
    assert client.health.status == ModelStatus.OK


async def test_a_stream_that_ended_well_shows_that_the_key_is_right(client):
    async for _ in client.stream(BODY | {"stream": True}):
        assert client.health.status == ModelStatus.UNKNOWN

    assert client.health.status == ModelStatus.OK


@pytest.mark.parametrize("path", ["/nothing-here", "/healthz#"])
async def test_a_server_without_a_list_is_not_wrong(settings, model, path):
    settings.OPENAI_BASE_URL = model.base_url.removesuffix("/v1") + path
    client = ModelClient()
    try:
        assert await client.models() == []
    finally:
        await client.close()
    assert client.health.status == ModelStatus.OK


# How often the list is asked for


class Scripted:
    """A server whose list is as scripted; `pauses` are how long was waited in between."""

    def __init__(self, *answers):
        self.health = ModelHealth()
        self._answers = list(answers)
        self.pauses = []

    async def client(self):
        return self

    async def models(self):
        if not self._answers:
            raise asyncio.CancelledError
        self.pauses.append(0.0)
        answer = self._answers.pop(0)
        if isinstance(answer, list):
            return answer
        self.health.failed(answer)
        raise ModelFailure(answer)

    async def sleep(self, seconds):
        self.pauses[-1] += seconds


@pytest.fixture
def scripted(monkeypatch):
    async def run(*answers):
        model = Scripted(*answers)
        monkeypatch.setattr(catalogue.asyncio, "sleep", model.sleep)
        clock = lambda: sum(model.pauses)  # noqa: E731
        monkeypatch.setattr(asyncio.get_running_loop(), "time", clock, raising=False)
        with pytest.raises(asyncio.CancelledError):
            await catalogue.keep_current(model)
        monkeypatch.undo()
        return model.pauses

    return run


async def test_a_wrong_key_is_tried_once_a_minute(scripted):
    assert await scripted(NO_ACCESS, NO_ACCESS, NO_ACCESS) == [60, 60, 60]


async def test_a_server_that_is_away_is_asked_again_soon_then_less_often(scripted):
    assert await scripted(*[UNREACHABLE] * 4) == [4, 8, 10, 10]


async def test_a_list_that_came_is_good_for_minutes(scripted):
    first, second = await scripted(["test-model"], ["test-model"])

    assert first >= 300
    assert second >= 300
