"""`manage.py doctor`: each finding says what is wrong and what to do."""

import json
import os
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack, suppress
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder

from config.doctor import database, engine, sense, servers
from config.doctor.findings import Level
from workers.engine import liveness
from workers.model import check
from workers.model.check import Answer
from workers.model.failures import NO_ACCESS, NO_CREDIT, TIMEOUT, UNREACHABLE, ModelFailure

ROOT = Path(__file__).resolve().parents[2]
OK, WARNING, PROBLEM = Level


def only(findings, level):
    return [f"{finding.about}: {finding.says}" for finding in findings if finding.level == level]


def doctor(*arguments):
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db
def test_it_finds_a_broken_part_and_says_so_by_its_exit_code(settings, monkeypatch, redis):
    settings.OPENAI_API_KEY = "sk-test"
    answer = Answer(models=["test-model", "other-model", "gpt-5-mini"])
    monkeypatch.setattr(check, "ask", lambda: answer)

    code, without_worker = doctor()
    assert code == 1
    assert "PROBLEM  workers: No worker beats" in without_worker
    assert "ok       database: PostgreSQL" in without_worker
    assert "ok       model: " in without_worker

    liveness.register()
    code, healthy = doctor()
    assert "PROBLEM" not in healthy
    assert code == 0

    code, said = doctor("--json")
    found = json.loads(said)
    assert code == 0
    assert {"about", "level", "says"} == set(found[0])
    assert {finding["about"] for finding in found} >= {"database", "Redis", "broker", "model"}


def run_doctor(**variables):
    return subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_with_nothing_running_it_still_tells_everything(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as once:
        nobody = f"http://127.0.0.1:{once.getsockname()[1]}/v1"
    done = run_doctor(DATA_DIR=str(tmp_path), OPENAI_BASE_URL=nobody, OPENAI_API_KEY="sk-s3cret")

    assert done.returncode == 1
    assert done.stderr == ""
    assert "database: DATABASE_URL is not set, and the built-in PostgreSQL does not" in done.stdout
    assert "Redis: REDIS_URL is not set, and the built-in Redis does not run" in done.stdout
    assert "model: " + nobody + ": nobody listens there" in done.stdout
    assert "s3cret" not in done.stdout


def test_a_password_is_never_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as once:
        place = f"me:s3cr%25t@127.0.0.1:{once.getsockname()[1]}"
    done = run_doctor(
        DATA_DIR=str(tmp_path),
        DATABASE_URL=f"postgresql://{place}/x",
        REDIS_URL=f"redis://{place}/0",
        EMAIL_URL=f"smtp://{place}",
    )

    assert "PROBLEM  database: DATABASE_URL: PostgreSQL does not let us in" in done.stdout
    assert "PROBLEM  Redis: REDIS_URL: Redis does not let us in" in done.stdout
    assert "PROBLEM  mail: EMAIL_URL: " in done.stdout
    assert "s3cr" not in done.stdout + done.stderr


@pytest.mark.django_db
def test_a_migration_that_is_missing():
    MigrationRecorder.Migration.objects.filter(app="chat").latest("id").delete()

    (missing,) = only(database.examine(), PROBLEM)

    assert missing.endswith("run `python manage.py migrate`.")


@pytest.mark.parametrize(
    ("apart", "level", "which"), [(0.1, OK, ""), (-1.9, OK, ""), (5, WARNING, "ahead of")]
)
def test_a_clock_that_differs(apart, level, which):
    found = database.judge_clock(apart)

    assert found.level == level
    assert which in found.says
    assert "behind" in database.judge_clock(-5).says


GOOD_REDIS = {"maxmemory_policy": "noeviction", "aof_enabled": 1, "role": "master"}


@pytest.mark.parametrize(
    ("about", "level", "says"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, PROBLEM, "noeviction"),
        ({"aof_enabled": 0}, WARNING, "appendonly"),
        ({"role": "slave"}, PROBLEM, "master"),
        ({"aof_last_write_status": "err"}, PROBLEM, "disk"),
    ],
)
def test_a_redis_that_is_set_up_wrongly(about, level, says):
    assert list(servers.judge_redis(GOOD_REDIS)) == []
    (found,) = servers.judge_redis(GOOD_REDIS | about)

    assert found.level == level
    assert says in found.says


def caused_by(cause, kind=UNREACHABLE, reason="APIConnectionError"):
    failure = ModelFailure(kind, reason=reason)
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (ModelFailure(NO_ACCESS, reason="HTTP 401"), "correct OPENAI_API_KEY"),
        (ModelFailure(NO_CREDIT), "top it up"),
        (ModelFailure(TIMEOUT, reason="stalled"), "does not answer in time"),
        (caused_by(socket.gaierror(-2, "Name or service not known")), "DNS"),
        (caused_by(ConnectionRefusedError(111, "refused")), "nobody listens"),
        (caused_by(ssl.SSLCertVerificationError("expired")), "certificate"),
        (caused_by(ssl.SSLError("WRONG_VERSION_NUMBER")), "does not speak TLS"),
        (caused_by(None, reason="HTTP 502"), "HTTP 502"),
    ],
)
def test_each_way_in_which_a_model_does_not_answer_is_a_sentence(monkeypatch, failure, says):
    async def fails():
        raise failure

    monkeypatch.setattr(check, "_list", fails)

    why_not = check.ask().why_not
    assert says in why_not
    assert "\n" not in why_not


def test_a_name_that_is_not_known(settings):
    settings.OPENAI_BASE_URL = "http://no-such-host.invalid/v1"

    assert "its name is not known" in check.ask().why_not


def test_a_server_that_takes_no_connection(settings):
    settings.MODEL_CONNECT_SECONDS = 0.2
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):  # Linux takes one more than the backlog, and then none
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(full.getsockname())
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{full.getsockname()[1]}/v1"

        assert "does not answer in time" in check.ask().why_not


def test_a_default_model_that_the_server_does_not_list(settings):
    settings.CHAT_MODELS, settings.CHAT_DEFAULT_MODEL = ["gpt-5"], ""
    (wrong,) = only(engine.judge_model(Answer(models=["qwen3"])), PROBLEM)
    assert "does not list gpt-5" in wrong

    settings.CHAT_DEFAULT_MODEL = "qwen3"
    assert only(engine.judge_model(Answer(models=["qwen3"])), PROBLEM) == []


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"AUTH_THROTTLES": False}, "AUTH_THROTTLES"),
        ({"ALLOWED_HOSTS": ["chat.example.com"]}, "HTTPS"),
        ({"ALLOWED_HOSTS": ["*"], "HTTPS": True}, "ALLOWED_HOSTS"),
        ({"HTTPS": True}, "ALLOWED_HOSTS"),
        ({"HTTPS": True, "FRONTEND_ORIGINS": ["http://a.example"]}, "FRONTEND_ORIGINS"),
        ({"HTTPS": True, "ALLOWED_HOSTS": ["chat.example.com"]}, "TRUSTED_PROXIES"),
        ({"WORKER_LEASE_SECONDS": 1, "WORKER_TICK_SECONDS": 1}, "WORKER_LEASE_SECONDS"),
        ({"MODEL_STALL_SECONDS": 700}, "MODEL_STALL_SECONDS"),
    ],
)
def test_settings_that_hardly_are_meant_so(settings, changed, about):
    settings.AUTH_THROTTLES = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert only(sense.examine(), WARNING) == []
    for name, value in changed.items():
        setattr(settings, name, value)

    assert any(said.startswith(f"{about}: ") for said in only(sense.examine(), WARNING))
