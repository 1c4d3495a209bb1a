"""Caddy with deploy/Caddyfile, moved to ports and a name server of this machine.

Caddy itself translates the file into its own configuration; there only the places are changed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "deploy" / "Caddyfile"
Config = dict[str, Any]


def program() -> str:
    """The one that requirements-dev.txt pins, else that of PATH."""
    pinned = Path(sys.executable).parent / "caddy"
    found = str(pinned) if pinned.exists() else shutil.which("caddy")
    assert found, "Caddy is missing: `make test` installs it."
    return found


def adapted(**variables: str) -> Config:
    """The configuration that Caddy makes of the file. Fails where Caddy warns."""
    command = [program(), "adapt", "--config", str(FILE), "--adapter", "caddyfile"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr, done.stderr
    config: Config = json.loads(done.stdout)
    return config


def moved(
    config: Config,
    *,
    https_port: int,
    http_port: int,
    admin: str,
    name_server: str,
    keepalive_seconds: float | None = None,
) -> Config:
    http = config["apps"]["http"]
    http |= {"https_port": https_port, "http_port": http_port}
    for server in http["servers"].values():
        server["listen"] = [f"127.0.0.1:{https_port}"]
    config["admin"] = {"listen": admin, "config": {"persist": False}}
    for proxy in proxies(config):
        proxy["dynamic_upstreams"]["resolver"] = {"addresses": [name_server]}
        if keepalive_seconds is not None:
            proxy["transport"]["keep_alive"]["idle_timeout"] = f"{keepalive_seconds}s"
    return config


def proxies(config: Any) -> Iterator[Config]:
    """Every reverse proxy in it, however deep."""
    if isinstance(config, dict):
        if config.get("handler") == "reverse_proxy":
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from proxies(part)


def certificate(folder: Path) -> Path:
    """That of Caddy's own authority, kept below XDG_DATA_HOME."""
    return folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"


def write(config: Config, file: Path) -> None:
    file.write_text(json.dumps(config))
