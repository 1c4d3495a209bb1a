"""What every answer says to browsers, and HTTPS where it is on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["/", "/api/docs", "/api/v1/nothing", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_shut(client, path):
    answer = client.get(path)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "Set-Cookie" not in answer
    assert "Strict-Transport-Security" not in answer


def https(code):
    """What a process prints that was started with HTTPS."""
    program = f"""
import django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="chat.example.com")
{code}
"""
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "k" * 60,
        "ALLOWED_HOSTS": "chat.example.com",
        "HTTPS": "on",
    }
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_with_https_http_is_redirected_and_browsers_are_told_to_insist():
    said = https("""
plain = client.get("/api/docs")
print(plain.status_code, plain["Location"])
proxied = client.get("/api/docs", headers={"X-Forwarded-Proto": "https"})
print(proxied.status_code, proxied["Strict-Transport-Security"].replace(" ", ""))
print(client.get("/healthz").status_code)
""")

    assert said == [
        *("301", "https://chat.example.com/api/docs"),
        *("200", "max-age=31536000;includeSubDomains;preload"),
        "200",
    ]


@pytest.mark.django_db
def test_an_answer_without_content_has_no_length(api):
    assert "Content-Length" not in api.post("/api/v1/auth/logout")


def test_a_host_that_is_not_ours_is_refused(client):
    assert client.get("/api/docs", headers={"Host": "evil.example"}).status_code == 400
