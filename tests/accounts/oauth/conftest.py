"""Providers as processes of their own on 127.0.0.1, which the backend is told about."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from support.oauth.travelling import Traveller

PROVIDER = Path(__file__).parents[2] / "support" / "oauth" / "provider_process.py"
CLIENT = {"client_id": "the-client", "client_secret": "the-secret"}


@pytest.fixture(scope="session")
def stand_in():
    """The address of the process that stands in for GitHub, Kakao and a provider of OpenID."""
    command = [sys.executable, PROVIDER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.fixture(scope="session")
def real_oidc():
    """The address of oidc-provider-mock, which signs in whoever names themselves."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not re.search("running on", process.stderr.readline()):
            assert process.poll() is None
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(autouse=True)
def _all_on(settings, stand_in) -> None:
    settings.OAUTH_TIMEOUT_SECONDS = 5
    settings.OAUTH_CLIENTS = {
        "github": CLIENT | {"name": "GitHub", "base_url": f"{stand_in}/github"},
        "kakao": CLIENT | {"name": "Kakao", "base_url": f"{stand_in}/kakao"},
        "google": CLIENT
        | {
            "name": "Google",
            "base_url": f"{stand_in}/oidc",
            "issuer": "https://accounts.google.com",
        },
        "oidc": CLIENT | {"name": "Our School", "base_url": "", "issuer": f"{stand_in}/oidc"},
    }


@pytest.fixture
def says(stand_in):
    """`says(github={…})` lays that over what the stand-in says of its user."""

    def change(**answers):
        # Escaped, since not all that they may say can be encoded.
        assert httpx2.put(f"{stand_in}/control", content=json.dumps(answers)).status_code == 200

    change()
    return change


@pytest.fixture
def asked(stand_in, says):
    """`asked()`: the requests that the stand-in got, oldest first."""
    return lambda: httpx2.get(f"{stand_in}/control").json()


@pytest.fixture
def github(db, says) -> Traveller:
    return Traveller("github")


@pytest.fixture
def kakao(db, says) -> Traveller:
    return Traveller("kakao")


@pytest.fixture
def oidc(db, says) -> Traveller:
    return Traveller("oidc")
