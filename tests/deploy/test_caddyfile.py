"""deploy/Caddyfile, judged by Caddy itself."""

import os
import subprocess

import pytest
from support.deploy import caddy


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | variables
    return subprocess.run([caddy.program(), *arguments], env=env, capture_output=True, text=True)


@pytest.mark.parametrize("domain", ["localhost", "chat.example.com"])
def test_it_is_valid(tmp_path, domain) -> None:
    done = run(
        *("validate", "--config", str(caddy.FILE), "--adapter", "caddyfile"),
        DOMAIN=domain,
        XDG_DATA_HOME=str(tmp_path),
    )

    assert done.returncode == 0, done.stderr


def test_it_is_written_as_caddy_writes_it() -> None:
    done = run("fmt", str(caddy.FILE))

    assert done.stdout == caddy.FILE.read_text()


def test_the_domain_is_served_over_https() -> None:
    http = caddy.adapted(DOMAIN="chat.example.com")["apps"]["http"]
    [server] = http["servers"].values()
    [site] = server["routes"]

    assert server["listen"] == [":443"]
    assert site["match"] == [{"host": ["chat.example.com"]}]
    # Nothing switches off what Caddy does by itself: certificates, HTTP redirected to HTTPS.
    assert "automatic_https" not in server


def test_replicas_are_found_by_name_and_nothing_is_held_back() -> None:
    proxies = list(caddy.proxies(caddy.adapted()))

    assert {proxy["dynamic_upstreams"]["name"] for proxy in proxies} == {"api", "ws"}
    assert {proxy["flush_interval"] for proxy in proxies} == {-1}
