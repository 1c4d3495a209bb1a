"""deploy/rollout against a stand-in for docker: there is no engine here."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_container_is_replaced_after_a_new_one_is_well(tmp_path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"containers": {"ws-1": 2, "ws-2": 2}, "next": 3, "calls": []}))
    docker = tmp_path / "docker"
    stand_in = Path(__file__).parents[1] / "support" / "deploy" / "engine_stand_in.py"
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} {state} "$@"\n')
    docker.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    done = subprocess.run([ROOT / "deploy" / "rollout", "ws"], env=env, capture_output=True)

    assert done.returncode == 0, done.stderr
    left = json.loads(state.read_text())
    assert list(left["containers"]) == ["ws-3", "ws-4"]
    told = [(call[0], call[-1]) for call in left["calls"] if call[0] in {"inspect", "stop"}]
    assert told == [
        *[("inspect", "ws-3")] * 2,
        ("stop", "ws-1"),
        *[("inspect", "ws-4")] * 2,
        ("stop", "ws-2"),
    ]
