"""What docker-compose.yml starts, behind Caddy, over HTTPS: as a member meets it."""

import asyncio
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import httpx2
import psutil
import pytest
from support.deploy.deployment import SERVERS
from support.eventually import comes_true
from support.processes.person import Person


async def test_a_member_signs_up_asks_and_sees_the_answer_as_it_comes(person) -> None:
    async with person.recorder() as socket:
        conversation = await person.begin()
        asked = await person.ask(conversation, "Does it work?")
        ended = await socket.until_ended(asked["id"])

        assert ended["status"] == "completed"
        assert len(socket.of("reply.delta", asked["id"])) > 5
        assert socket.complaints == []
        assert ended == await person.reply(asked["id"])


async def test_http_2_is_spoken(person) -> None:
    answer = await person.http.get("/quota")

    assert answer.http_version == "HTTP/2"


async def test_an_event_stream_is_not_held_back(deployed, person) -> None:
    deployed.model(tokens=60, tokens_per_second=30)
    asked = await person.ask(await person.begin(), "Slowly, please.")
    async with person.http.stream("GET", f"/replies/{asked['id']}/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        arrived = [
            time.monotonic() async for line in answer.aiter_lines() if line == "event: reply.delta"
        ]

    # Of an answer of two seconds.
    assert len(arrived) > 20
    assert arrived[-1] - arrived[0] > 1


async def test_a_request_that_waits_is_answered_at_the_end(person) -> None:
    answer = await person.http.post(
        f"/conversations/{await person.begin()}/replies",
        json={"message": "I wait."},
        headers={"Prefer": "wait=30"},
    )

    assert answer.status_code == 200
    assert answer.json()["status"] == "completed"


async def test_what_stays_open_goes_to_the_other_processes(deployed, person) -> None:
    deployed.model(tokens=400, tokens_per_second=100)
    asked = await person.ask(await person.begin(), "Take your time.")
    ways = {"": {"Prefer": "wait=20"}, "/events": {}}

    for rest, headers in ways.items():
        path = f"/replies/{asked['id']}{rest}"
        waiting = asyncio.ensure_future(person.http.get(path, headers=headers))
        # Others lose their connection when Caddy has kept it for long enough.
        await comes_true(lambda: _connected(deployed) == {"ws"})
        waiting.cancel()
        await comes_true(lambda: _connected(deployed) == set())
    await person.http.post(f"/replies/{asked['id']}/cancel")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/METRICS", "/%6detrics", "/./metrics"])
def test_metrics_are_not_for_the_world(deployed, path) -> None:
    with https(deployed) as client:
        answer = client.get(path)

        assert answer.status_code == 404
        assert "malgil_" not in answer.text


def test_the_client_is_served_or_the_page_that_stands_in_for_it(deployed) -> None:
    with https(deployed) as client:
        page = client.get("/")

        assert page.status_code == 200
        assert "Malgil" in page.text
        for script in re.findall(r'src="(/assets/[^"]+)"', page.text):
            answer = client.get(script, headers={"Accept-Encoding": "gzip"})
            assert answer.status_code == 200
            assert answer.headers["Content-Encoding"] == "gzip"


def test_caddy_compresses_no_answer_of_the_api(deployed) -> None:
    with https(deployed) as client:
        left = client.get("/api/schema", headers={"Accept-Encoding": "zstd"})
        malgils = client.get("/api/schema", headers={"Accept-Encoding": "gzip, zstd"})

        assert "Content-Encoding" not in left.headers
        assert malgils.headers["Content-Encoding"] == "gzip"
        assert malgils.text == left.text


def test_http_leads_to_https(deployed) -> None:
    answer = httpx2.get(f"{deployed.http_url}/api/docs")

    assert answer.status_code in {301, 308}
    # Caddy takes its port for the usual one, which is not named.
    assert answer.headers["Location"] == "https://localhost/api/docs"


def test_localhost_is_not_bound_to_https_for_a_year(deployed) -> None:
    with https(deployed) as client:
        assert "Strict-Transport-Security" not in client.get("/").headers


def test_a_body_that_is_too_large_is_refused_on_the_way(deployed) -> None:
    with https(deployed) as client:
        answer = client.post("/api/v1/auth/login", content=b"x" * 3_000_000)

        assert answer.status_code == 413


def test_throttles_know_clients_apart(deployed) -> None:
    def guess(address: str, **headers: str) -> int:
        body = {"email": "nobody-at-all@example.com", "password": "a wrong passphrase 7"}
        with https(deployed, local_address=address) as client:
            return client.post("/api/v1/auth/login", json=body, headers=headers).status_code

    guesses = [guess("127.0.9.1") for _ in range(6)]

    assert guesses == [401] * 5 + [429]
    # Nobody can say that another did it.
    assert guess("127.0.9.1", **{"X-Forwarded-For": "127.0.9.3"}) == 429
    assert guess("127.0.9.2") == 401


async def test_a_replica_that_is_gone_costs_nobody_an_error(deployed, person) -> None:
    gone = deployed.replicas["api"][0]
    gone.kill()
    try:
        answers = [await person.http.get("/quota") for _ in range(20)]
    finally:
        gone.start()
        gone.until_well()

    assert [answer.status_code for answer in answers] == [200] * 20


async def test_a_request_with_a_key_that_breaks_off_is_sent_again(deployed, person) -> None:
    conversation = await person.begin()

    async def asks_the_same() -> str:
        return (await person.ask(conversation, "Once, please.", key="once"))["id"]

    asked = await asks_the_same()
    with breaking(deployed) as broken_off:
        async with asyncio.timeout(10):
            while not broken_off:
                assert await asks_the_same() == asked

    assert broken_off[0].startswith(b"POST")


@contextmanager
def breaking(deployed):
    """Beside the `api` processes one that breaks off every request; those it had."""
    had = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                had.append(connection.recv(65536).split(b"\r\n")[0])

    network = deployed.replicas["api"][0].at.rpartition(".")[0]
    with socket.create_server((f"{network}.200", 8000)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        deployed.names.addresses["api"].append(f"{network}.200")
        try:
            yield had
        finally:
            deployed.rename()
            listening.shutdown(socket.SHUT_RDWR)


async def test_an_unknown_certificate_authority_is_not_trusted(deployed) -> None:
    with pytest.raises(httpx2.ConnectError, match="certificate"):
        async with Person(deployed.url):
            pass


def https(deployed, **more) -> httpx2.Client:
    context = ssl.create_default_context(cafile=deployed.trust)
    transport = httpx2.HTTPTransport(verify=context, **more)
    return httpx2.Client(base_url=deployed.url, transport=transport, timeout=15)


def _connected(deployed) -> set[str]:
    """The services to which Caddy has a connection."""
    return {
        service
        for service in SERVERS
        for replica in deployed.replicas[service]
        if any(
            connection.laddr.port == 8000 and connection.status == psutil.CONN_ESTABLISHED
            for connection in psutil.Process(replica.pid).net_connections("tcp")
        )
    }
