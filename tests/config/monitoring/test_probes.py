"""Is it alive, can it work: what probes are told, and what nobody should ask for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery import current_app
from rest_framework.test import APIClient
from support.refusals import refused

from api.redis import Link, link
from workers.engine import liveness
from workers.model.health import ModelStatus

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def redis_away(monkeypatch, tmp_path):
    elsewhere = Link(url=f"unix://{tmp_path}/nobody-listens.sock", timeout_seconds=0.3)
    monkeypatch.setattr(link, "_client", elsewhere._client)
    monkeypatch.setattr(link, "_closed_until", 0.0)


WELL = dict.fromkeys(("database", "redis", "broker", "workers", "model"), "ok")


def beats(model):
    liveness.beat(liveness.register(), running=[], model=model)


def ready():
    answer = APIClient().get("/readyz")
    return answer.status_code, answer.json()


def test_alive_needs_nothing():
    answer = APIClient().get("/healthz", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_all_is_there():
    beats(ModelStatus.OK)

    assert ready() == (200, {"status": "ok", "checks": WELL})


@pytest.mark.django_db
def test_without_a_worker_requests_are_still_accepted():
    checks = WELL | {"workers": "none", "model": "unknown"}

    assert ready() == (200, {"status": "degraded", "checks": checks})


@pytest.mark.django_db
def test_without_redis_requests_are_still_accepted(redis_away):
    beats(ModelStatus.OK)

    checks = WELL | {"redis": "unreachable", "broker": "unreachable"}
    assert ready() == (200, {"status": "degraded", "checks": checks})


@pytest.mark.django_db
def test_a_broker_of_its_own_is_told_of_by_itself(settings, monkeypatch, tmp_path):
    beats(ModelStatus.OK)
    elsewhere = f"redis+socket://{tmp_path}/nobody-listens.sock"
    settings.CELERY_BROKER_URL = elsewhere
    monkeypatch.setattr(current_app.conf, "broker_url", elsewhere)

    assert ready() == (200, {"status": "degraded", "checks": WELL | {"broker": "unreachable"}})


@pytest.mark.django_db
@pytest.mark.parametrize("status", set(ModelStatus) - {ModelStatus.OK})
def test_the_model_is_as_the_workers_say(status):
    beats(status)

    assert ready() == (200, {"status": "degraded", "checks": WELL | {"model": status.value}})


# Asks a server whose database is away, which a test's own database cannot be.
ASK = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import django
from django.conf import settings

settings.ALLOWED_HOSTS = ["testserver"]
django.setup()
from accounts.credentials import tokens
from accounts.models import Member, Session
from rest_framework.test import APIClient
from uuid import UUID

some = UUID(int=1)
pair = tokens.issue(Session(id=some, member=Member(id=some)))
client = APIClient(raise_request_exception=False)
client.credentials(HTTP_AUTHORIZATION="Bearer " + pair.access)
body = {"email": "mina@example.com", "password": "x"}
requests = [
    lambda: client.get("/healthz"),
    lambda: client.get("/readyz"),
    lambda: client.get("/api/v1/me"),
    lambda: client.post("/api/v1/auth/login", body, format="json"),
    lambda: client.post(f"/api/v1/conversations/{some}/replies", {"message": "x"}, format="json"),
]
with ThreadPoolExecutor() as threads:
    answers = list(threads.map(lambda request: request(), requests))
print(json.dumps([[a.status_code, a["Content-Type"], a.json()] for a in answers]))
"""


@pytest.fixture(scope="module")
def without_a_database(tmp_path_factory):
    """The answers to ASK's requests as (status, content type, body)."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql://nobody@/none?host={nowhere}",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_without_the_database_it_is_alive_but_not_ready(without_a_database):
    alive, ready, *_ = without_a_database

    assert alive[0] == 200
    status, content_type, body = ready
    assert (status, content_type) == (503, "application/json")
    assert body["status"] == "unavailable"
    assert body["checks"]["database"] == "unreachable"


def test_without_the_database_every_request_is_told_so(without_a_database):
    for status, content_type, body in without_a_database[2:]:
        assert (status, content_type) == (503, "application/problem+json"), body
        assert body["code"] == "database_unavailable"


# Where nothing is


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/me", "/api/v1/me/", "/api", "/nowhere"]
)
def test_an_unknown_address_is_not_found(path):
    refused(APIClient().get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
@pytest.mark.django_db
def test_probes_may_ask_by_any_name(path):
    assert APIClient().get(path, HTTP_HOST="10.1.2.3:8000").status_code == 200


@pytest.mark.parametrize("host", ["evil.example.com", "a b", "[::1", ""])
def test_an_unknown_host_is_refused(host):
    refused(APIClient().get("/api/v1/me", HTTP_HOST=host), 400, "bad_request")
