"""The official client, as its users install it, pointed at real processes with a personal key."""

import asyncio
import time
from uuid import UUID

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from support.processes.faults import flush_redis
from support.processes.stack import until

MODEL = "malgil-demo"


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


@pytest.fixture
def base_url(healthy):
    return f"{healthy.url}/v1"


@pytest.fixture
async def client(base_url, person):
    async with AsyncOpenAI(base_url=base_url, api_key=person.key) as made:
        yield made


def reply_id(made) -> str:
    return str(UUID(made.id.split("-")[-1].split("_")[-1]))


async def exchange_of(person, made):
    return (await person.http.get(f"/replies/{reply_id(made)}/exchange")).json()


async def poll(client, response, *, seconds=20) -> Response:
    deadline = time.monotonic() + seconds
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, response.status
        await asyncio.sleep(0.05)
        response = await client.responses.retrieve(response.id)
    return response


def with_client_of_sync_programs(base_url, key, call):
    with OpenAI(base_url=base_url, api_key=key) as client:
        return call(client)


async def test_the_synchronous_client_is_answered(base_url, person):
    completion = await asyncio.to_thread(
        with_client_of_sync_programs,
        base_url,
        person.key,
        lambda client: client.chat.completions.create(model=MODEL, messages=[user("hi")]),
    )

    ChatCompletion.model_validate(completion.model_dump())
    stored = await person.reply(reply_id(completion))
    assert completion.choices[0].message.content == stored["choices"][0]["content"]
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == stored["usage"]["total_tokens"] > 0


async def test_the_synchronous_client_is_streamed_to(base_url, person):
    def streamed(client):
        stream = client.chat.completions.create(model=MODEL, messages=[user("hi")], stream=True)
        return list(stream)

    chunks = await asyncio.to_thread(with_client_of_sync_programs, base_url, person.key, streamed)

    stored = await person.reply(reply_id(chunks[0]))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == stored["choices"][0]["content"]


async def test_an_access_token_is_as_good_as_a_key(base_url, person):
    async with AsyncOpenAI(base_url=base_url, api_key=person.tokens["access"]) as client:
        assert [model.id async for model in client.models.list()] == [MODEL]


async def test_text_comes_while_it_is_made(client, person):
    moments, text = [], ""
    stream = await client.chat.completions.create(
        model=MODEL,
        messages=[user("Tell me much about rivers")],
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        moments.append(time.monotonic())
        text += chunk.choices[0].delta.content or "" if chunk.choices else ""

    stored = await person.reply(reply_id(chunk))
    assert text == stored["choices"][0]["content"]
    assert chunk.usage.total_tokens == stored["usage"]["total_tokens"]
    assert len(moments) > 10
    assert moments[-1] - moments[0] > 0.5


async def test_several_choices_are_streamed_apart(client, person):
    texts = {0: "", 1: ""}
    stream = await client.chat.completions.create(
        model=MODEL, messages=[user("Two of them, please")], n=2, stream=True
    )
    async for chunk in stream:
        texts[chunk.choices[0].index] += chunk.choices[0].delta.content or ""

    stored = await person.reply(reply_id(chunk))
    assert texts == {choice["index"]: choice["content"] for choice in stored["choices"]}
    assert texts[0] != texts[1]


WIRES = [
    [user("plainly, on the wire")],
    [{"role": "system", "content": "Be brief."}, user("with a system text, on the wire")],
    [{"role": "developer", "content": "Be brief."}, user("of a developer, on the wire")],
    [user("a"), assistant("b"), user("c"), assistant("d"), user("with a history, on the wire")],
    [
        assistant("Hello!"),
        user("a"),
        user("b"),
        assistant(""),
        {"role": "system", "content": "Now be brief."},
        user("out of all order, on the wire"),
    ],
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("messages", WIRES)
async def test_the_model_is_sent_what_the_caller_sent(client, person, healthy, messages, stream):
    completion = await client.chat.completions.create(
        model=MODEL, messages=messages, temperature=0.5, max_tokens=5, n=2, stream=stream
    )
    if stream:
        completion = [chunk async for chunk in completion][-1]

    [sent] = healthy.model_requests(messages[-1]["content"])
    assert sent["body"]["messages"] == messages
    assert (sent["body"]["temperature"], sent["body"]["n"]) == (0.5, 2)
    assert sent["body"]["stream"] is stream
    exchange = await exchange_of(person, completion)
    assert exchange["request"] == sent["body"]
    if not stream:
        assert exchange["response"] == sent["response"]
    assert {c["finish_reason"] for c in exchange["response"]["choices"]} == {"length"}


async def test_the_history_is_a_conversation_like_any_other(client, person, healthy):
    healthy.model(tokens=10)
    completion = await client.chat.completions.create(
        model=MODEL, messages=[user("One"), assistant("First"), user("Two")]
    )
    conversation = (await person.reply(reply_id(completion)))["conversation"]

    found = (await person.http.get(f"/conversations/{conversation}")).json()
    assert [prompt["answer"] for prompt in found["prompts"]] == ["One", "Two"]
    assert len(found["replies"]) == 2
    async with person.recorder() as socket:
        later = await person.ask(conversation, "And in the browser?")
        await socket.until_ended(later["id"])
    [sent] = healthy.model_requests("And in the browser?")
    assert [m["content"] for m in sent["body"]["messages"]] == [
        "One",
        "First",
        "Two",
        completion.choices[0].message.content,
        "And in the browser?",
    ]


async def test_a_response_in_the_background_is_polled(client, person, healthy):
    response = await client.responses.create(
        model=MODEL, input="in the background", instructions="Be brief.", background=True
    )
    assert response.status in ("queued", "in_progress")

    ended = await poll(client, response)

    Response.model_validate(ended.model_dump())
    stored = await person.reply(reply_id(response))
    assert (ended.status, ended.output_text) == ("completed", stored["choices"][0]["content"])
    assert ended.usage.total_tokens == stored["usage"]["total_tokens"]
    [sent] = healthy.model_requests("in the background")
    system = {"role": "system", "content": "Be brief."}
    assert sent["body"]["messages"] == [system, user("in the background")]


async def test_a_response_in_the_background_is_cancelled(client, person, healthy):
    healthy.model(tokens=2000)
    response = await client.responses.create(model=MODEL, input="for long", background=True)
    async with person.recorder() as socket:
        await socket.until(lambda s: len(s.texts[reply_id(response)].get(0, "")) > 20)

    cancelled = await client.responses.cancel(response.id)

    stored = await person.reply(reply_id(response))
    assert (cancelled.status, stored["status"]) == ("cancelled", "cancelled")
    assert cancelled.output_text == stored["choices"][0]["content"] != ""
    assert await client.responses.cancel(response.id) == cancelled


async def test_a_response_goes_on_from_another(client, person, healthy):
    first = await client.responses.create(model=MODEL, input="the first of two")
    second = await client.responses.create(
        model=MODEL, input="the second of two", previous_response_id=first.id
    )

    [sent] = healthy.model_requests("the second of two")
    assert sent["body"]["messages"] == [
        user("the first of two"),
        assistant(first.output_text),
        user("the second of two"),
    ]
    assert (await exchange_of(person, second))["request"] == sent["body"]


async def test_a_response_is_streamed(client, person):
    text, kinds = "", []
    stream = await client.responses.create(model=MODEL, input="Tell me of rivers", stream=True)
    async for event in stream:
        kinds.append(event.type)
        text += event.delta if event.type == "response.output_text.delta" else ""

    stored = await person.reply(reply_id(event.response))
    assert text == event.response.output_text == stored["choices"][0]["content"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") > 10


async def test_a_stream_goes_on_when_redis_forgets_everything(client, person, healthy):
    text, stream = (
        "",
        await client.chat.completions.create(
            model=MODEL, messages=[user("Tell me much about lakes")], stream=True
        ),
    )
    flushed = False
    async for chunk in stream:
        text += chunk.choices[0].delta.content or ""
        if not flushed and len(text) > 40:
            flushed = True
            await flush_redis(healthy)

    assert text == (await person.reply(reply_id(chunk)))["choices"][0]["content"]


async def test_a_stream_goes_on_when_its_worker_is_killed(client, person, healthy):
    text, stream = (
        "",
        await client.chat.completions.create(
            model=MODEL, messages=[user("Tell me much about lakes")], stream=True
        ),
    )
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
