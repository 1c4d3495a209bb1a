"""Real worker processes, one of them killed between the claim and the answer."""

import pytest
from support.eventually import comes_true
from support.processes.person import Person
from support.processes.stack import Stack

SETTINGS = {
    "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WEBHOOK_TIMEOUT_SECONDS": "1.5",  # and a lease of 3
    "WEBHOOK_RETRY_SECONDS": "0.2,0.2,0.2,0.2",
}


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=1, **SETTINGS) as running:
        running.model(first_token_ms=0, tokens_per_second=0, tokens=5)
        yield running


@pytest.fixture
async def person(stack):
    async with Person(stack.url) as signed_up:
        yield signed_up


async def listen(person, receiver):
    answer = await person.http.post("/me/webhooks", json={"url": receiver.url})
    assert answer.status_code == 201, answer.text
    return answer.json()["secret"]


async def answered(person):
    reply = (await person.ask(await person.begin(), "Hello"))["id"]

    async def look():
        found = await person.reply(reply)
        return found if found["status"] == "completed" else None

    return await comes_true(look)


async def test_a_worker_tells_the_reply_as_get_gives_it(person, receiver):
    secret = await listen(person, receiver)

    reply = await answered(person)

    await comes_true(lambda: receiver.requests)
    assert receiver.requests[0].verified(secret)["data"] == reply


async def test_a_receiver_that_hangs_holds_up_no_reply(person, receiver):
    await listen(person, receiver)
    receiver.answers(*[receiver.hang] * 20)

    for _ in range(3):
        await answered(person)

    await comes_true(lambda: receiver.requests)


async def test_what_a_killed_worker_had_on_its_way_is_delivered_by_another(stack, person, receiver):
    secret = await listen(person, receiver)
    receiver.answers(receiver.hang)
    reply = await answered(person)
    await comes_true(lambda: receiver.requests)

    stack.workers[0].kill()
    stack.workers[0].start()

    await comes_true(lambda: len(receiver.requests) == 2)
    first, second = receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    assert second.verified(secret)["data"] == reply

    def finished():
        return stack.rows(
            "SELECT attempts, status FROM workers_delivery"
            " WHERE reply_id = %s AND finished_at IS NOT NULL",
            reply["id"],
        )

    assert await comes_true(finished) == [(2, 200)]


async def test_a_reply_that_ended_without_a_worker_is_told_once_there_is_one(
    stack, person, receiver
):
    await listen(person, receiver)
    stack.workers[0].kill()
    reply = await person.ask(await person.begin(), "Hello")
    cancelled = (await person.http.post(f"/replies/{reply['id']}/cancel")).json()
    assert cancelled["status"] == "cancelled"

    stack.workers[0].start()

    await comes_true(lambda: receiver.requests)
    assert reply["id"].replace("-", "") in receiver.requests[0].id


def test_neither_secrets_nor_addresses_were_logged(stack):
    secrets = [row[0] for row in stack.rows("SELECT secret FROM workers_webhook")]
    printed = "".join(process.log.read_text() for process in stack.processes)

    assert secrets
    assert "worker.registered" in printed
    for secret in secrets:
        assert secret.removeprefix("whsec_") not in printed
    assert "/hook" not in printed.replace("/me/webhooks", "")
