"""The environment: a bad value stops the process with one sentence that names the variable."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import env, mail_settings

ROOT = Path(__file__).resolve().parents[2]

BAD = {
    "CHAT_DAILY_LIMIT": ["-1", "1.5", "five", "1e3", "²", "9" * 5000],
    "CHAT_MESSAGE_MAX_CHARS": ["0", "-5", "x"],
    "CHAT_CONTEXT_MAX_CHARS": ["0"],
    "CHAT_QUEUE_MAX": ["0"],
    "CHAT_MAX_TOKENS": ["0", "2000000000"],
    "CHAT_QUOTA_TIMEZONE": ["Asia/Nowhere", "../etc/passwd", "Seoul", "+09:00", "/"],
    "DATABASE_URL": [
        "mysql://a@b/c",
        "localhost",
        "postgres://a:b@h:port/x",
        "postgres://h:5432",
        "postgres://",
    ],
    "REDIS_URL": [
        "http://localhost",
        "localhost:6379",
        "redis://h:port/0",
        "redis://h:99999/0",
        "redis://h/0?socket_timeout=soon",
        "redis://[::1/0",
    ],
    "REDIS_TIMEOUT_SECONDS": ["0", "-1", "nan", "inf", "soon"],
    "CELERY_BROKER_URL": ["localhost", "http://x", "redis://h:port/0"],
    "OPENAI_BASE_URL": [
        "localhost:11434/v1",
        "ftp://x",
        "http://",
        "https:///v1",
        "http://h:port/v1",
        "http://a b/v1",
    ],
    "DEMO_MODEL": ["maybe", "2"],
    "SECRET_KEY": ["short"],
    "FRONTEND_ORIGINS": [
        "chat.example.com",
        "https://chat.example.com/",
        "https://chat.example.com/app",
        "https://CHAT.example.com",
        "https://a.example.com,*",
        "null",
    ],
    "EMAIL_URL": [
        "localhost",
        "http://mail",
        "smtp://",
        "smtp://h:port",
        "smtp+ssl://h",
        "smtp://h:0x",
    ],
    "EMAIL_FROM": ["Malgil", "a@b\nBcc: c@d", "<>", "Malgil <a@b> x"],
    "EMAIL_VERIFICATION": ["on", "yes", "maybe"],
    "CLIENT_URL": ["chat.example.com", "javascript:x"],
    "AUTH_THROTTLES": ["maybe", "2"],
    "TRUSTED_PROXIES": ["proxy", "10.0.0.1/8", "10.0.0.0/33"],
    "ACCESS_TOKEN_SECONDS": ["0", "x"],
    "OAUTH_GITHUB_BASE_URL": ["github.example.com", "ftp://x"],
    "OAUTH_OIDC_ISSUER": ["id.example.com", "javascript:x"],
    "WORKER_CONCURRENCY": ["0", "many"],
    "WORKER_DRAIN_SECONDS": ["-1"],
    "WORKER_TICK_SECONDS": ["0"],
    "MODEL_ATTEMPTS": ["0"],
    "MODEL_STALL_SECONDS": ["0"],
    "SOCKET_HEARTBEAT_SECONDS": ["0", "1.5"],
    "SOCKET_SWEEP_SECONDS": ["0", "-1"],
    "DATA_DIR": [str(ROOT / "manage.py")],
    "SECRET_KEY_FALLBACKS": ["short", f"{'k' * 40},short"],
    "HTTPS": ["maybe", "https"],
    "ALLOWED_HOSTS": ["https://chat.example.com", "chat.example.com:443", "a b", "a,b/c"],
    "OPENAI_API_KEY": ["sk-\u2026", "sk-one two", "Bearer sk-one", "sk\nX-Evil: 1"],
    "CHAT_MODELS": ["m" * 201, "gpt-5,a\tb"],
    "CHAT_DEFAULT_MODEL": ["m" * 201, "gpt-5,gpt-4o"],
    "CHAT_MAX_SOCKETS": ["0"],
    "WEBHOOK_TIMEOUT_SECONDS": ["0", "-5"],
    "WEBHOOK_RETRY_SECONDS": ["5;300", "-1", "5,,300", "[5, 300]"],
    "WEBHOOK_ALLOWED_NETWORKS": ["intranet", "10.0.0.1/8"],
    "OAUTH_KAKAO_BASE_URL": ["kauth.example.com"],
    "OAUTH_GOOGLE_BASE_URL": ["google"],
    "OAUTH_OIDC_BASE_URL": ["id.example.com"],
    "WORKER_LEASE_SECONDS": ["0", "5s"],
    "WORKER_WAKE_GRACE_SECONDS": ["0", "-3"],
    "WORKER_METRICS_PORT": ["http", "65536"],
    "MODEL_CONNECT_SECONDS": ["0"],
    "MODEL_ANSWER_SECONDS": ["-1"],
    "MODEL_DEADLINE_SECONDS": ["0"],
    "MODEL_BACKOFF_SECONDS": ["-1"],
    "RESCUES_MAX": ["0"],
    "CANCEL_WAIT_SECONDS": ["-2"],
    "WEB_DRAIN_SECONDS": ["-1"],
    "WEB_STOP_SECONDS": ["-1", "1.5"],
    "METRICS_NETWORKS": ["everybody"],
    "PROMETHEUS_MULTIPROC_DIR": ["/nowhere/at/all"],
    "LOG_FORMAT": ["xml"],
    "LOG_LEVEL": ["loud"],
}
# Read by `make run` only: tests/launcher/test_launcher_refusals.py.
OF_THE_LAUNCHER = {"HOST", "PORT", "WEB_PROCESSES", "WORKER_PROCESSES"}
# Whatever they hold may be right; half of a pair is refused
# (tests/accounts/oauth/test_oauth_settings.py).
ANY_TEXT = {
    "OAUTH_OIDC_NAME",
    "WORKER_METRICS_HOST",
    *(
        f"OAUTH_{provider}_CLIENT_{part}"
        for provider in ("GITHUB", "KAKAO", "GOOGLE", "OIDC")
        for part in ("ID", "SECRET")
    ),
}
GOOD = {
    "CHAT_DAILY_LIMIT": ["0", " 7 ", "1000000000"],
    "CHAT_QUOTA_TIMEZONE": ["UTC", "America/Argentina/Buenos_Aires"],
    "DATABASE_URL": ["", "postgres://a:b@h:5432/x", "postgresql:///x?host=/tmp/y"],
    "REDIS_URL": ["", "redis://h:6379/0", "rediss://h/1", "unix:///tmp/redis.sock"],
    "FRONTEND_ORIGINS": ["", "https://a.example.com, http://localhost:5173", "http://[::1]:8000"],
    "REDIS_TIMEOUT_SECONDS": ["0.05", "1e1", "3"],
    "EMAIL_URL": ["", "smtp://h", "smtp+tls://a%40b:p%2Fq@h:587", "smtps://u:p@[::1]"],
    "EMAIL_FROM": ["", "a@b", "Malgil <a@b.org>", "말길 <a@b.org>"],
    "EMAIL_VERIFICATION": ["", "required", "Optional"],
    "CLIENT_URL": ["", "https://chat.example.com/malgil/"],
    "AUTH_THROTTLES": ["on", "off", ""],
    "TRUSTED_PROXIES": ["", "10.0.0.0/8, fd00::/8", "203.0.113.7"],
    "DEMO_MODEL": ["on", "OFF", "true", "0", ""],
    "ALLOWED_HOSTS": ["", "chat.example.com, 127.0.0.1, [::1]", "xn--o39am6a.example.kr"],
    "OPENAI_API_KEY": ["", "sk-proj-a_B-1"],
    "CHAT_MODELS": ["", "gpt-5, qwen3:8b", "models/말길"],
}

# Reads the settings once for each value, in one process.
READ = """
import importlib, json, os, sys

def outcome(name, value):
    before = os.environ.get(name)
    os.environ[name] = value
    sys.modules.pop("config.settings", None)
    try:
        importlib.import_module("config.settings")
    except SystemExit as error:
        return str(error.code)
    except Exception as error:
        return repr(error)
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})

values = json.load(sys.stdin)
print(json.dumps({name: [outcome(name, one) for one in given] for name, given in values.items()}))
"""


def outcomes(values):
    """What reading the settings with each value ends in; None when it is taken."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=ROOT,
        input=json.dumps(values),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_bad_value_is_refused_in_one_sentence_that_names_the_variable(subtests):
    for name, told in outcomes(BAD).items():
        for value, sentence in zip(BAD[name], told, strict=True):
            with subtests.test(name, value=value[:20]):
                assert sentence is not None
                assert sentence.startswith(f"{name} is not usable: ")
                assert sentence.endswith(".")
                assert "\n" not in sentence


def test_a_good_value_is_taken(subtests):
    for name, told in outcomes(GOOD).items():
        for value, sentence in zip(GOOD[name], told, strict=True):
            with subtests.test(name, value=value):
                assert sentence is None


def test_a_wrong_value_of_every_variable_is_tried():
    listed = re.findall(r"^# ([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    sources = ("settings.py", "env.py", "mail_settings.py", "launcher/options.py")
    code = "".join((ROOT / "config" / source).read_text() for source in sources)
    # The others are for compose, which reads them by itself.
    read = {name for name in listed if f'"{name}"' in code}

    assert set(BAD) | OF_THE_LAUNCHER | ANY_TEXT == read


PROCESSES = {
    "manage.py": ["manage.py", "check"],
    "doctor": ["manage.py", "doctor"],
    "server": ["-m", "config.uvicorn_server", "--fd", "0"],
    "uvicorn": ["-m", "uvicorn", "config.asgi:application", "--port", "0"],
    "worker": ["-m", "celery", "-A", "config", "worker", "--pool", "solo", "-Q", "replies"],
}


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(
    ("name", "value"),
    [("CHAT_DAILY_LIMIT", "five"), ("SECRET_KEY", ""), ("REDIS_URL", "redis://h:port/0")],
)
def test_a_process_with_a_bad_value_does_not_start(process, name, value):
    done = subprocess.run(
        [sys.executable, *PROCESSES[process]],
        cwd=ROOT,
        env=os.environ | {name: value},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} is not usable: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_without_a_key_nothing_is_signed(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")

    with pytest.raises(env.BadSetting, match="SECRET_KEY is not usable"):
        env.secret_key(tmp_path)


def test_the_key_that_make_run_made_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "secret_key").write_text("k" * 50 + "\n")

    assert env.secret_key(tmp_path) == "k" * 50


def test_the_options_of_a_database_url_are_kept(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", " postgresql://mina:p%40ss@/malgil?host=/run&sslmode=off ")

    read = env.database("")

    assert (read["USER"], read["PASSWORD"], read["NAME"]) == ("mina", "p@ss", "malgil")
    assert read["OPTIONS"] == {"host": "/run", "sslmode": "off"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://h", ("h", 25, "", "", False, False)),
        ("smtp+tls://a%40b:p%2Fq@h", ("h", 587, "a@b", "p/q", True, False)),
        ("smtps://u:p@h:4650", ("h", 4650, "u", "p", False, True)),
    ],
)
def test_a_mail_server_is_told_by_its_url(monkeypatch, tmp_path, url, told):
    monkeypatch.setenv("EMAIL_URL", url)

    read = mail_settings.read(tmp_path)

    assert told == (
        *(read.host, read.port, read.host_user, read.host_password),
        *(read.use_tls, read.use_ssl),
    )


def test_without_a_mail_server_mails_become_files_in_data_dir(monkeypatch, tmp_path):
    monkeypatch.delenv("EMAIL_URL", raising=False)

    assert mail_settings.read(tmp_path).file_path == str(tmp_path / "mail")


@pytest.mark.parametrize("host", ["*", ".example.com"])
def test_links_in_mails_need_an_address_where_any_host_is_answered(monkeypatch, host):
    with pytest.raises(env.BadSetting, match="CLIENT_URL is not usable"):
        env.client_url(["chat.example.com", host])

    monkeypatch.setenv("CLIENT_URL", "https://chat.example.com/")
    assert env.client_url([host]) == "https://chat.example.com"
