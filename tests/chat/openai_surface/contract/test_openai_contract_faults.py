"""What the official client hears when something fails beneath it, is used up, or is refused."""

import asyncio

import openai
import pytest
from openai import AsyncOpenAI
from support.openai_surface.demo import MODEL, reply_id
from support.openai_surface.messages import user
from support.processes.faults import flush_redis
from support.processes.stack import until


async def stream_of_much(client):
    return await client.chat.completions.create(
        model=MODEL, messages=[user("Tell me much about lakes")], stream=True
    )


async def test_a_stream_goes_on_when_redis_forgets_everything(client, person, healthy):
    text, stream = "", await stream_of_much(client)
    flushed = False
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if not flushed and len(text) > 40:
            flushed = True
            await flush_redis(healthy)

    assert text == (await person.reply(reply_id(chunk)))["choices"][0]["content"]


async def test_a_stream_goes_on_when_its_worker_is_killed(client, person, healthy):
    text, stream = "", await stream_of_much(client)
    killed = None
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if killed is None and len(text) > 40:
            killed = worker_of(healthy, reply_id(chunk))
            killed.kill()
    killed.start()

    stored = await person.reply(reply_id(chunk))
    assert (stored["status"], stored["attempt"]) == ("completed", 2)
    assert text == stored["choices"][0]["content"]


async def test_a_stream_that_cannot_go_on_names_the_reply_that_does(client, person, healthy):
    healthy.model(tokens=60, stamp=True)  # no two attempts say the same
    stream = await client.chat.completions.create(
        model=MODEL, messages=[user("What time is it?")], stream=True
    )
    chunks = aiter(stream)
    reply = reply_id(await anext(chunks))
    killed = worker_of(healthy, reply)
    killed.kill()
    with pytest.raises(openai.APIError) as caught:
        [_ async for _ in chunks]
    killed.start()

    assert caught.value.code == "started_over"
    assert reply in caught.value.message
    until_completed(healthy, reply)


async def test_a_completion_survives_its_worker(client, person, healthy):
    healthy.model(first_token_ms=1500, tokens=10)
    asked = asyncio.ensure_future(
        client.chat.completions.create(model=MODEL, messages=[user("Patience")])
    )
    [[running]] = await asyncio.to_thread(wait_for_running, healthy)
    killed = worker_of(healthy, running)
    killed.kill()
    completion = await asked
    killed.start()

    stored = await person.reply(reply_id(completion))
    assert stored["attempt"] == 2
    assert completion.choices[0].message.content == stored["choices"][0]["content"]


async def test_a_client_that_leaves_finds_the_answer_in_the_history(client, person, healthy):
    stream = await client.chat.completions.create(
        model=MODEL, messages=[user("Tell me much about seas")], stream=True
    )
    chunk = await anext(aiter(stream))
    await stream.close()

    until_completed(healthy, reply_id(chunk))
    assert (await person.reply(reply_id(chunk)))["attempt"] == 1


async def test_the_limit_is_one_for_all_ways_of_asking(client, person, healthy):
    healthy.model(tokens=10)
    healthy.rows("UPDATE accounts_member SET daily_limit = 3 WHERE id = %s RETURNING id", person.id)
    await client.chat.completions.create(model=MODEL, messages=[user("One")])
    await client.responses.create(model=MODEL, input="Two")
    assert (await person.quota())["remaining"] == 1
    await person.ask(await person.begin(), "Three")

    with pytest.raises(openai.RateLimitError) as caught:
        await client.chat.completions.create(model=MODEL, messages=[user("Four")])

    assert caught.value.code == "daily_limit_reached"
    assert (await person.post(await person.begin(), "Five")).status_code == 429


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (429, openai.RateLimitError, "model_rate_limited"),
        (500, openai.InternalServerError, "model_error"),
        (400, openai.BadRequestError, "request_refused"),
    ],
)
async def test_a_model_that_fails_is_an_exception(client, person, healthy, status, error, code):
    healthy.model(fault="status", fault_status=status)

    with pytest.raises(error) as caught:
        await client.chat.completions.create(model=MODEL, messages=[user("Will this work?")])

    assert caught.value.code == code
    asked = healthy.model_requests("Will this work?")
    assert len(asked) == (1 if status == 400 else 4)  # the client itself does not try again
    assert (await person.quota())["used"] == 0


async def test_wrong_requests_are_exceptions(client, base_url):
    ask = client.chat.completions.create
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(model=MODEL, messages=[user("Hello")], seed=5)
    assert caught.value.param == "seed"
    with pytest.raises(openai.NotFoundError):
        await ask(model="gpt-0", messages=[user("Hello")])
    with pytest.raises(openai.NotFoundError):
        await client.responses.retrieve("resp_" + "0" * 32)
    async with AsyncOpenAI(base_url=base_url, api_key="mg_nonsense") as nobody:
        with pytest.raises(openai.AuthenticationError):
            await nobody.models.list()


def worker_of(stack, reply):
    statement = (
        "SELECT w.pid FROM workers_worker w JOIN chat_reply r ON r.worker = w.id WHERE r.id = %s"
    )
    [[pid]] = stack.rows(statement, reply)
    return next(worker for worker in stack.workers if worker.pid == pid)


def wait_for_running(stack):
    statement = "SELECT id::text FROM chat_reply WHERE status = 'in_progress'"
    until(lambda: stack.rows(statement), seconds=10, what="a reply runs")
    return stack.rows(statement)


def until_completed(stack, reply):
    statement = "SELECT 1 FROM chat_reply WHERE id = %s AND status = 'completed'"
    until(lambda: stack.rows(statement, reply), seconds=30, what="the reply is completed")
