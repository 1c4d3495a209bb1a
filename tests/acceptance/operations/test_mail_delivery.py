"""Mails from real worker processes: they survive kills, and what they do reaches open sockets."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
from email import message_from_bytes, policy

import httpx2
import pytest
from support.eventually import comes_true
from support.processes.person import Person
from support.processes.stack import ROOT, Stack

NEW = "kimchi at midnight 9"


class SilentServer:
    """A mail server that takes connections and says nothing, until it is told to speak."""

    def __init__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.connections = 0
        self.speaks = False
        self.received: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        lines = connection.makefile("rb")
        if not self.speaks:
            lines.read()
            return
        connection.sendall(b"220 ready\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                text = b"".join(iter(lines.readline, b".\r\n"))
                self.received.append(text.decode())
            connection.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    def close(self):
        self._listening.close()


def written(stack):
    """The mails in DATA_DIR/mail."""
    files = sorted((stack.folder / "mail").glob("*"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def to(stack, email, subject):
    found = [m for m in written(stack) if m["To"] == email and subject in m["Subject"]]
    return found[-1] if found else None


async def reset_token(stack, email):
    answer = httpx2.post(f"{stack.url}/api/v1/auth/password-reset", json={"email": email})
    assert answer.status_code == 202
    message = await comes_true(lambda: to(stack, email, "new password"))
    assert f"{stack.url}/reset-password#" in message.get_content()
    return re.search(r"#(\S+)", message.get_content())[1]


async def test_a_reset_from_the_mail_to_the_closed_socket(healthy, person):
    async with person.recorder(reconnect=False) as open_socket:
        token = await reset_token(healthy, person.email)

        body = {"token": token, "password": NEW}
        path = f"{healthy.url}/api/v1/auth/password-reset/confirm"
        assert httpx2.post(path, json=body).status_code == 204

        async with asyncio.timeout(5):
            assert await comes_true(lambda: open_socket.close_code) == 4401
    login = {"email": person.email, "password": NEW}
    assert httpx2.post(f"{healthy.url}/api/v1/auth/login", json=login).status_code == 200
    await comes_true(lambda: to(healthy, person.email, "was changed"))


async def test_mails_are_files_that_one_can_read(healthy, person):
    await reset_token(healthy, person.email)

    message = to(healthy, person.email, "new password")

    assert message.get_content_type() == "text/plain"
    assert message["From"] == "Malgil <malgil@localhost>"


async def test_a_mail_of_a_killed_worker_is_sent_by_another():
    server = SilentServer()
    url = f"smtp://127.0.0.1:{server.port}"
    with Stack(workers=1, EMAIL_URL=url) as stack:
        answer = httpx2.post(f"{stack.url}/api/v1/auth/signup", json=sign_up())
        assert answer.status_code == 201
        await comes_true(lambda: server.connections)

        stack.workers[0].kill()
        server.speaks = True
        # As if the lease of the dead were over.
        stack.rows("UPDATE accounts_mail SET due_at = now() RETURNING id")
        stack.workers[0].start()

        await comes_true(lambda: server.received)
        await comes_true(lambda: stack.rows("SELECT count(*) FROM accounts_mail") == [(0,)])
    server.close()
    [text] = server.received
    assert "/confirm-email#" in text


async def test_a_mail_server_that_hangs_holds_up_no_request_and_no_reply():
    server = SilentServer()
    url = f"smtp://127.0.0.1:{server.port}"
    with Stack(workers=1, EMAIL_URL=url) as stack:
        for number in range(6):
            answer = httpx2.post(f"{stack.url}/api/v1/auth/signup", json=sign_up(number), timeout=5)
            assert answer.status_code == 201
        await comes_true(lambda: server.connections >= 4)

        async with Person(stack.url) as person, person.recorder() as open_socket:
            reply = await person.ask(await person.begin(), "Hello")
            assert (await open_socket.until_ended(reply["id"]))["status"] == "completed"
    server.close()


def sign_up(number=0):
    email = f"killed{number}@example.com"
    return {"email": email, "password": "tteokbokki at noon", "nickname": "Mina"}


@pytest.fixture
def stack_with_throttles():
    with Stack(workers=1, AUTH_THROTTLES="on") as running:
        yield running


def test_a_real_server_counts_and_says_when_to_come_again(stack_with_throttles):
    url = f"{stack_with_throttles.url}/api/v1/auth"
    body = {"email": "mina@example.com", "password": "wrong"}

    answers = [httpx2.post(f"{url}/login", json=body) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json()["code"] == "too_many_attempts"

    stack_with_throttles.redis.stop()
    away = httpx2.post(f"{url}/login", json=body, timeout=10)
    assert (away.status_code, away.json()["code"]) == (503, "throttles_unavailable")


def started(tmp_path, **variables):
    """What `make run` says until it is ready."""
    unset = {"EMAIL_URL", "AUTH_THROTTLES"}
    own = {"DATA_DIR": str(tmp_path / "data"), "PORT": "0", "WORKER_DRAIN_SECONDS": "0"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "config.launcher"]
    with subprocess.Popen(
        command, cwd=ROOT, env=kept | own | variables, stdout=subprocess.PIPE, text=True
    ) as launcher:
        assert launcher.stdout is not None
        said = []
        for line in launcher.stdout:
            said.append(line)
            if "is ready" in line:
                break
        launcher.terminate()
        launcher.communicate(timeout=60)
    return "".join(said)


def test_the_start_says_where_mails_are(tmp_path):
    said = started(tmp_path)

    folder = tmp_path / "data" / "mail"
    assert str(folder) in said
    assert folder.stat().st_mode & 0o077 == 0
    assert "AUTH_THROTTLES" not in said


def test_the_start_warns_that_passwords_may_be_guessed(tmp_path):
    said = started(tmp_path, AUTH_THROTTLES="off", EMAIL_URL="smtp://localhost")

    assert "AUTH_THROTTLES is off" in said
    assert "EMAIL_URL" not in said
