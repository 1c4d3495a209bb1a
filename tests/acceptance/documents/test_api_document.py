"""What docs/api.md says can be pasted can be pasted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from support.processes.person import Person
from support.processes.stack import Stack, free_port, until

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/api.md").read_text()
ASK, RECEIVE = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture(scope="module")
def stack():
    with Stack(WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8") as running:
        yield running


@pytest.fixture
def member(healthy):
    """Calls of a member with a key; the key too."""
    person = Person(healthy.url)
    body = {"email": person.email, "password": person.password, "nickname": "Ada"}
    with httpx2.Client(base_url=f"{healthy.url}/api/v1/") as http:
        access = http.post("auth/signup", json=body).json()["access"]
        http.headers["Authorization"] = f"Bearer {access}"
        key = http.post("me/keys", json={"name": "docs"}).json()["key"]
        yield http, key


def test_the_recipes_for_curl(healthy, tmp_path):
    recipes = "".join(re.findall(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL))
    assert recipes.count("http://127.0.0.1:8000") == 1
    healthy.model(tokens_per_second=200)

    run = subprocess.run(
        ["bash", "-c", recipes.replace("http://127.0.0.1:8000", healthy.url)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=90,
    )

    assert run.stderr == ""
    said = run.stdout.splitlines()
    assert said[:2] == ["completed", "polled: completed"]
    assert said[-2:] == ["after the end: 204", "one reply"]
    assert "now: completed" in said
    counted = {kind: int(number) for number, _, kind in map(str.split, said[-5:-2])}
    assert counted.keys() == {"reply.delta", "reply.snapshot", "reply.updated"}
    assert counted["reply.delta"] > 3


def test_the_program_that_asks(healthy, member, tmp_path):
    _, key = member
    (tmp_path / "ask.py").write_text(ASK)

    run = subprocess.run(
        [sys.executable, "ask.py", healthy.url, key, "Which river is the longest?"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.stderr == ""
    [[content]] = healthy.rows("SELECT content FROM chat_choice ORDER BY id DESC LIMIT 1")
    assert run.stdout == f"{content}\n"


def test_the_receiver_of_webhooks(healthy, member, tmp_path):
    http, _ = member
    (tmp_path / "receive.py").write_text(RECEIVE)
    port, log = free_port(), tmp_path / "log"
    made = http.post("me/webhooks", json={"url": f"http://127.0.0.1:{port}/"})
    assert made.status_code == 201, made.text
    command = [sys.executable, "receive.py", made.json()["secret"], str(port)]
    with log.open("wb") as said, subprocess.Popen(command, cwd=tmp_path, stdout=said) as receiver:
        try:
            begun = http.post("conversations", json={"intake": False}).json()
            http.post(f"conversations/{begun['id']}/replies", json={"message": "Hi"})
            until(log.read_text, seconds=30, what="an event")
        finally:
            receiver.terminate()

    assert log.read_text() == "reply.finished completed\n"
