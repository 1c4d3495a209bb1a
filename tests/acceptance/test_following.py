"""API clients that wait and stream, through real processes."""

import asyncio
import json

import httpx2
from support.eventually import comes_true

WAITING = 300


async def events(person, reply_id, *, last=None, most=None):
    """(id, frame) of each Server-Sent Event; the last one given is terminal unless `most` are."""
    headers = {"Last-Event-ID": last} if last else {}
    found, name = [], ""
    address = f"/replies/{reply_id}/events"
    async with person.http.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                name = line[4:]
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
                if len(found) == most:
                    break
    return found


def text_of(frames):
    """As a client puts it together."""
    text = ""
    for frame in frames:
        if frame["type"] == "reply.snapshot":
            text = "".join(choice["content"] for choice in frame["choices"])
        elif frame["type"] == "reply.delta":
            text += frame["text"]
    return text


async def test_asking_and_waiting_gives_the_answer(person, healthy):
    conversation = await person.begin()
    answer = await person.http.post(
        f"/conversations/{conversation}/replies",
        json={"message": "hi"},
        headers={"Prefer": "wait=30"},
        timeout=40,
    )

    assert answer.status_code == 200
    assert answer.json() == await person.reply(answer.json()["id"])
    assert answer.json()["status"] == "completed"


async def test_a_stream_gives_the_stored_text_also_when_it_is_cut(person, healthy):
    conversation = await person.begin()
    reply = await person.ask(conversation, "hi")
    first = await events(person, reply["id"], most=6)
    second = await events(person, reply["id"], last=first[-1][0])

    frames = [frame for _, frame in [*first, *second]]
    stored = await person.reply(reply["id"])
    assert frames[-1] == {"type": "reply.updated", "reply": stored}
    assert text_of(frames) == stored["choices"][0]["content"]
    positions = [(f["attempt"], f["seq"]) for f in frames if f["type"] == "reply.delta"]
    assert positions == sorted(set(positions))


async def test_a_stream_outlives_a_worker_that_is_killed(person, healthy):
    conversation = await person.begin()
    reply = await person.ask(conversation, "Tell me much about rivers")
    streaming = asyncio.ensure_future(events(person, reply["id"]))
    await events(person, reply["id"], most=6)
    [[pid]] = healthy.rows(
        "SELECT pid FROM workers_worker JOIN chat_reply r ON r.worker = workers_worker.id"
    )
    victim = next(worker for worker in healthy.workers if worker.pid == pid)
    victim.kill()
    try:
        frames = [frame for _, frame in await streaming]
    finally:
        victim.start()

    stored = await person.reply(reply["id"])
    assert stored["attempt"] == 2
    assert frames[-1] == {"type": "reply.updated", "reply": stored}
    attempt = [frame for frame in frames if frame.get("attempt") == 2]
    assert text_of(attempt) == stored["choices"][0]["content"]


async def test_many_that_wait_cost_the_server_no_threads(person, healthy):
    healthy.model(tokens_per_second=10, tokens=60)
    conversation = await person.begin()
    reply = await person.ask(conversation, "slowly")
    limits = httpx2.Limits(max_connections=WAITING + 10)
    headers = person.http.headers
    async with httpx2.AsyncClient(
        base_url=person.http.base_url, headers=headers, limits=limits, timeout=60
    ) as http:
        waiting = [
            asyncio.ensure_future(
                http.get(f"/replies/{reply['id']}", headers={"Prefer": "wait=60"})
            )
            for _ in range(WAITING)
        ]
        await asyncio.sleep(3)  # long enough for all of them to wait, and less than the answer
        assert not any(task.done() for task in waiting)
        threads = healthy.web.threads()
        answers = await asyncio.gather(*waiting)

    assert {answer.json()["status"] for answer in answers} == {"completed"}
    assert threads < 40


async def test_clients_that_go_away_leave_nothing_behind(person, healthy):
    healthy.model(tokens_per_second=20, tokens=400)
    conversation = await person.begin()
    reply = await person.ask(conversation, "long")
    for _ in range(20):
        await events(person, reply["id"], most=3)

    await comes_true(lambda: healthy.redis_channels("member") == [])
    await person.http.post(f"/replies/{reply['id']}/cancel")


async def test_a_socket_that_is_idle_for_15_seconds_stays_open_and_is_sent_what_comes(
    person, healthy
):
    """redis-py gives up a read after 5 s unless it is told not to."""
    async with person.recorder() as socket:
        await asyncio.sleep(15)

        conversation = await person.begin()
        reply = await person.ask(conversation, "hi")
        await socket.until_ended(reply["id"])
        assert socket.connections == 1
        assert socket.of("reply.delta", reply["id"])
