"""A server process that was told to stop, asked past Caddy: what a proxy sees of it."""

import asyncio
import signal

import httpx2
import pytest
from support.eventually import comes_true


@pytest.fixture
async def leaving(deployed):
    """A process that may be told to stop; it runs again afterwards."""
    replica = deployed.replicas["ws"][1]
    yield replica
    replica.kill()
    replica.start()
    await asyncio.to_thread(replica.until_well)


@pytest.fixture
async def direct(leaving, person):
    """As Caddy asks it, with connections that are kept."""
    headers = {"Host": "localhost", "X-Forwarded-Proto": "https"}
    headers |= {"Authorization": person.http.headers["Authorization"]}
    async with httpx2.AsyncClient(
        base_url=f"http://{leaving.at}:8000", headers=headers, timeout=15
    ) as client:
        assert (await client.get("/readyz")).status_code == 200
        yield client


async def test_it_says_so_and_works_on_with_each_answer_a_connections_last(leaving, direct) -> None:
    leaving.send(signal.SIGTERM)
    ready = await comes_true(lambda: _unready(direct))

    answer = await direct.get("/api/v1/quota")

    assert ready.json()["checks"]["server"] == "stopping"
    assert answer.status_code == 200
    assert answer.headers["Connection"] == "close"


async def test_it_listens_no_more_when_it_has_been_noticed(leaving, direct) -> None:
    leaving.send(signal.SIGTERM)
    await asyncio.to_thread(leaving.wait, seconds=5)

    with pytest.raises(httpx2.ConnectError):
        await direct.get("/healthz")


async def test_what_waits_is_ended_in_order(deployed, leaving, direct, person) -> None:
    deployed.model(tokens=600, tokens_per_second=50)
    asked = await person.ask(await person.begin(), "For twelve seconds.")
    address = f"/api/v1/replies/{asked['id']}"
    waiting = asyncio.ensure_future(direct.get(address, headers={"Prefer": "wait=60"}))
    lines = []
    async with direct.stream("GET", f"{address}/events") as stream:
        # A stream that was not ended as a chunked body is would raise.
        async for line in stream.aiter_lines():
            if line == "event: reply.delta" and line not in lines:
                leaving.send(signal.SIGTERM)
            lines.append(line)
    waited = await waiting

    assert waited.status_code == 200
    assert waited.json()["status"] == "in_progress"
    assert "completed" not in "".join(lines)
    await person.http.post(f"/replies/{asked['id']}/cancel")


async def test_what_cannot_be_taken_up_elsewhere_is_finished(
    deployed, leaving, direct, person
) -> None:
    deployed.model(tokens=60, tokens_per_second=30)
    key = (await person.http.post("/me/keys", json={"name": "program"})).json()["key"]
    asking = asyncio.ensure_future(
        direct.post(
            "/v1/chat/completions",
            json={"model": "malgil-demo", "messages": [{"role": "user", "content": "Hello"}]},
            headers={"Authorization": f"Bearer {key}"},
        )
    )
    await comes_true(lambda: _running(deployed))

    leaving.send(signal.SIGTERM)
    answer = await asking

    assert answer.status_code == 200
    assert answer.json()["choices"][0]["finish_reason"] == "stop"


async def test_sockets_are_told_to_come_again(leaving, person) -> None:
    person.base_url, person.trust = f"http://{leaving.at}:8000", None
    async with person.recorder(reconnect=False) as socket:
        leaving.send(signal.SIGTERM)
        await comes_true(lambda: socket.close_code)

    assert socket.close_code == 1012


async def _unready(client):
    answer = await client.get("/readyz")
    return answer if answer.status_code == 503 else None


async def _running(deployed) -> bool:
    return bool(deployed.rows("SELECT 1 FROM chat_reply WHERE status = 'in_progress'"))
