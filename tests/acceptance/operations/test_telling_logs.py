"""Nothing that is secret, and nothing that was said, gets into a log of any process.

Real processes go through successes and failures with texts that can be found again; then every
log is searched.
"""

import json
import uuid
from urllib.parse import quote

import psycopg
import pytest
import redis
import websockets
from kombu import Connection
from support.eventually import comes_true
from support.processes.person import Person
from support.processes.recorder import TERMINAL
from support.processes.stack import Stack

from config.embedded import paths

MODEL_KEY = "sk-telling-model-key"
DATABASE_PASSWORD = "telling-database-password"
SECRET_KEY = "a-telling-key-for-tests-that-protects-nothing"
PASSWORD = "telling passphrase 7351"
PROMPT = "TELLINGPROMPT"
REFUSED = "TELLINGREFUSED"  # a text that the database does not take
FOREIGN = "TELLINGFOREIGN"  # of a message from elsewhere


@pytest.fixture(scope="module")
def stack(_with_a_password):
    with Stack(
        workers=1,
        OPENAI_API_KEY=MODEL_KEY,
        SECRET_KEY=SECRET_KEY,
        LOG_LEVEL="debug",
        LOG_FORMAT="json",
        WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8",
        MODEL_ATTEMPTS="2",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def _with_a_password():
    """Trusted connections are asked for none, and one in the URL is carried along all the same."""
    made = Stack._environment

    def environment(self, settings):
        url = self.postgres.url.replace("@", f":{DATABASE_PASSWORD}@", 1)
        return made(self, settings) | {"DATABASE_URL": url}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stack, "_environment", environment)
        yield


class Secrets:
    """What must not be found; `and_what_is_in` takes all texts of an answer under such names."""

    def __init__(self):
        self.named = {
            "the model's key": MODEL_KEY,
            "the database's password": DATABASE_PASSWORD,
            "SECRET_KEY": SECRET_KEY,
            "a password": PASSWORD,
            "a prompt": PROMPT,
            "a refused text": REFUSED,
            "a foreign message": FOREIGN,
        }

    def add(self, name, text):
        assert len(text) > 10, (name, text)
        self.named[name] = text
        return text


def do(stack, *statements):
    """To the database, past all of our code."""
    with psycopg.connect(stack.postgres.url) as connection:
        for statement in statements:
            connection.execute(statement)


async def ended(person, reply):
    wait = {"Prefer": "wait=15"}
    found = (await person.http.get(f"/replies/{reply['id']}", headers=wait, timeout=20)).json()
    assert found["status"] in TERMINAL
    return found


async def asked(person, text=PROMPT):
    return await person.ask(await person.begin(), f"{text} {uuid.uuid4()}")


async def come_in(person, secrets):
    """Sessions, right and wrong."""
    http = person.http
    secrets.add("an access token", person.tokens["access"])
    wrong = {"email": person.email, "password": PASSWORD + " wrong"}
    assert (await http.post("/auth/login", json=wrong)).status_code == 401
    good = {"email": person.email, "password": PASSWORD}
    pair = (await http.post("/auth/login", json=good)).json()
    secrets.add("a refresh token", pair["refresh"])
    assert (await http.post("/auth/refresh", json={"refresh": pair["refresh"]})).status_code == 200
    assert (await http.post("/auth/refresh", json={"refresh": pair["refresh"]})).status_code == 401
    assert (await http.post("/auth/login", content=PASSWORD)).status_code in (400, 415)
    bad = {"Authorization": f"Bearer {person.tokens['access']}x"}
    assert (await http.get("/me", headers=bad)).status_code == 401
    key = (await http.post("/me/keys", json={"name": "mine"})).json()["key"]
    secrets.add("an API key", key)
    me = await http.get("/me", headers={"Authorization": f"Bearer {key}"})
    assert me.status_code == 200
    assert (await http.post("/auth/password-reset", json={"email": person.email})).status_code < 300


async def answers_and_failures(stack, person, secrets):
    """Replies that end in every way."""
    stack.model(tokens=30)
    good = await ended(person, await asked(person))
    assert good["status"] == "completed"
    secrets.add("an answer", good["choices"][0]["content"][:40])
    stack.script(
        {"fault": "status", "fault_status": 500},
        {"fault": "status", "fault_status": 400, "fault_code": "context_length_exceeded"},
    )
    failed = await ended(person, await asked(person))
    assert failed["error"]["code"] == "context_too_long"
    for fault in ("garbage", "error", "cut"):
        stack.script({"fault": fault}, {"fault": fault})
        assert (await ended(person, await asked(person)))["status"] == "failed"
    long = await asked(person, "Tell me much about rivers " + PROMPT)
    await person.http.post(f"/replies/{long['id']}/cancel")
    assert (await ended(person, long))["status"] == "cancelled"
    refused = await person.post(await person.begin(), PROMPT, config={"temperature": PROMPT})
    assert refused.status_code == 400


async def what_the_database_refuses(stack, person):
    """A fault of ours, in a request and in a worker: the database quotes the row."""
    do(
        stack,
        "ALTER TABLE chat_prompt ADD CONSTRAINT p CHECK (answer NOT LIKE 'TELLINGREFUSED%')",
        "ALTER TABLE chat_choice ADD CONSTRAINT c CHECK (finish_reason IS NULL) NOT VALID",
    )
    try:
        conversation = await person.begin()
        assert (await person.post(conversation, REFUSED)).status_code == 500
        unstorable = await ended(person, await asked(person))
        assert unstorable["error"]["code"] == "internal_error"
    finally:
        do(
            stack,
            "ALTER TABLE chat_prompt DROP CONSTRAINT p",
            "ALTER TABLE chat_choice DROP CONSTRAINT c",
        )


async def links(stack, person, secrets):
    """A shared conversation, also where the view breaks; a mail's link; a webhook."""
    conversation = await person.begin()
    shared = (await person.http.post(f"/conversations/{conversation}/share")).json()
    token = secrets.add("a share token", shared["token"])
    assert (await person.http.get(f"/shared/{token}")).status_code == 200
    do(stack, "ALTER TABLE chat_conversation RENAME COLUMN share_token TO away")
    try:
        assert (await person.http.get(f"/shared/{token}")).status_code == 500
    finally:
        do(stack, "ALTER TABLE chat_conversation RENAME COLUMN away TO share_token")
    page = await person.http.get(f"{stack.url}/shared/{token}")
    assert page.status_code in (200, 404)
    mails = stack.folder / "mail"
    await comes_true(lambda: mails.is_dir() and list(mails.iterdir()))
    texts = [file.read_text() for file in mails.iterdir()]
    link = next(part for text in texts for part in text.split() if "#" in part or "token=" in part)
    secrets.add("a mail's link", link.replace("=\n", "").rpartition("=")[2][-20:])
    hook = {"url": f"http://127.0.0.1:1/telling-hook-{uuid.uuid4()}"}
    made = await person.http.post("/me/webhooks", json=hook)
    secrets.add("a webhook's secret", made.json()["secret"])
    secrets.add("a webhook's address", hook["url"])
    await ended(person, await asked(person))
    await comes_true(lambda: any("webhook.failed" in w.log.read_text() for w in stack.workers))


async def sockets(stack, person, secrets):
    """Opened, refused, fed nonsense, broken off."""
    ticket = secrets.add("a ticket", await person.ticket())
    url = stack.url.replace("http", "ws") + f"/ws/v1?ticket={quote(ticket)}"
    offered = ["malgil.v1", f"ticket.{ticket}"]
    async with websockets.connect(url, subprotocols=offered) as socket:
        await socket.recv()
        await socket.send(json.dumps({"type": "authenticate", "access": person.tokens["access"]}))
        await socket.recv()
        await socket.send(f"{PROMPT} is no JSON")
        await socket.wait_closed()
    async with websockets.connect(url, subprotocols=offered) as socket:  # used up
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
    with pytest.raises(websockets.InvalidHandshake):
        await websockets.connect(f"{stack.url.replace('http', 'ws')}/ws/{ticket}")


def messages_from_elsewhere(stack):
    with (
        Connection(paths.broker_url(stack.redis.url)) as connection,
        connection.Producer() as producer,
    ):
        for headers in (
            {"task": "workers.generate", "id": str(uuid.uuid4())},
            {"task": "other.task", "id": str(uuid.uuid4())},
            {},
        ):
            producer.publish(
                [[FOREIGN], {"text": FOREIGN}, {}],
                headers=headers,
                routing_key="replies",
                exchange="",
                serializer="json",
            )
    with redis.Redis.from_url(stack.redis.url) as client:
        client.publish("asgi__group__replies.cancel", FOREIGN)


async def test_no_log_tells_a_secret_or_what_was_said(stack):
    secrets = Secrets()
    person = Person(stack.url)
    person.password = PASSWORD
    async with person:
        await come_in(person, secrets)
        await answers_and_failures(stack, person, secrets)
        await what_the_database_refuses(stack, person)
        await links(stack, person, secrets)
        await sockets(stack, person, secrets)
        messages_from_elsewhere(stack)
        assert (await ended(person, await asked(person)))["status"] == "completed"
        await comes_true(lambda: stack.workers[0].says("wakeup.unreadable"))
    stack.web.terminate()
    stack.workers[0].terminate()

    files = [*stack.folder.glob("*.log"), *stack.folder.glob("logs/*.log")]
    logs = {file: file.read_text(errors="replace") for file in files}
    assert {"web.log", "worker1.log", "postgres.log", "redis.log"} <= {f.name for f in logs}
    told = [
        (name, file.name, line[:2000])
        for name, text in secrets.named.items()
        for file, log in logs.items()
        for line in log.splitlines()
        if text.lower() in line.lower()
    ]
    assert told == []
    assert_telling_enough(stack)


def assert_telling_enough(stack):
    """What operators need is there: each request, each reply by its id, each crash by its place."""
    lines = told_by(stack.web)
    answered = [line for line in lines if line["event"] == "http.answered"]
    assert {"/api/v1/shared/{token}", "/api/v1/conversations/{conversation_id}/replies"} <= {
        line["route"] for line in answered
    }
    assert all(line["request"] for line in answered)
    accepts = [line for line in answered if line["status"] == 202 and "/replies" in line["route"]]
    assert accepts
    assert all(line["reply"] and line["member"] for line in accepts)
    crashes = [line for line in lines if line["event"] == "django.request.crashed"]
    assert len(crashes) == 2
    assert "SQLSTATE 23514" in crashes[0]["error"]
    assert "chat/replies/accept.py" in crashes[0]["trace"]
    ids = {line["request"] for line in answered if line["status"] == 500}
    assert {line["request"] for line in crashes} == ids
    assert not [line for line in answered if line["route"] in ("/healthz", "/readyz", "/metrics")]
    ends = [line for line in told_by(stack.workers[0]) if line["event"] == "reply.completed"]
    assert ends
    assert all(line["reply"] for line in ends)


def told_by(process):
    """Its lines; Python's and Celery's own words at the start and the end are none."""
    lines = process.log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]
