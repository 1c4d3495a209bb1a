"""Chat completions through the official client, with the worker's part played by hand."""

import asyncio

import openai
import pytest
from django.utils import timezone
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from support.drivers.openai_driver import (
    MODEL,
    USAGE,
    answer,
    cancel,
    fail,
    key_of,
    meanwhile,
    official_client,
    open_reply,
)

from accounts.credentials.authentication import prove
from accounts.models import Session
from api import threads
from chat.models import Conversation, Reply
from chat.openai_surface.responses import streaming
from chat.openai_surface.responses.chunks import ChunkTeller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(member):
    return official_client(key_of(member))


def the_reply() -> Reply:
    return Reply.objects.select_related("conversation", "config").get()


async def completed(client, *texts, finish_reason="stop", columns=None, **body):
    async with meanwhile(answer(*texts, finish_reason=finish_reason, **columns or {})):
        return await client.chat.completions.create(model=MODEL, messages=HELLO, **body)


async def streamed(client, *texts, **body):
    async with meanwhile(answer(*texts)):
        stream = await client.chat.completions.create(
            model=MODEL, messages=HELLO, stream=True, **body
        )
        return [chunk async for chunk in stream]


async def test_a_completion_is_the_reply(client):
    completion = await completed(client, "Hi!")

    reply = await threads.run(the_reply)
    assert completion.id == f"chatcmpl-{reply.id.hex}"
    assert completion.created == int(reply.created_at.timestamp())
    assert completion.model == MODEL
    assert completion.choices[0].message.content == "Hi!"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.model_dump(exclude_none=True) == USAGE
    assert reply.conversation.title == "Hello"
    assert (reply.config.stream, reply.config.temperature) == (False, None)
    ChatCompletion.model_validate(completion.model_dump())


async def test_what_came_from_the_model_is_passed_on(client):
    rest = {"system_fingerprint": "fp", "usage": {"completion_tokens_details": {"x": 1}}}
    columns = USAGE | {"response_model": "test-model-2026", "extra": {"response": rest}}

    completion = await completed(client, "Hi", finish_reason="length", columns=columns)

    assert completion.model == "test-model-2026"
    assert completion.system_fingerprint == "fp"
    assert completion.usage.completion_tokens_details.x == 1
    assert completion.choices[0].finish_reason == "length"


async def test_a_model_that_counts_nothing_is_no_usage(client):
    assert (await completed(client, "Hi", columns={"extra": {}})).usage is None


async def test_several_choices_come_in_order(client):
    completion = await completed(client, "One", "Two", n=2, temperature=0.5, max_tokens=9)

    assert [(c.index, c.message.content) for c in completion.choices] == [(0, "One"), (1, "Two")]
    config = (await threads.run(the_reply)).config
    assert (config.n, config.temperature, config.max_tokens) == (2, 0.5, 9)


async def test_the_answer_may_be_sent_back_as_it_came(client):
    completion = await completed(client, "Hi!")
    messages = [*HELLO, completion.choices[0].message, {"role": "user", "content": "And?"}]

    async with meanwhile(answer("So.")):
        second = await client.chat.completions.create(model=MODEL, messages=messages)

    assert second.choices[0].message.content == "So."
    assert await threads.run(Conversation.objects.count) == 2


async def test_a_stream_is_chunks_that_end(client):
    chunks = await streamed(client, "Hi!")

    reply = await threads.run(the_reply)
    assert {chunk.id for chunk in chunks} == {f"chatcmpl-{reply.id.hex}"}
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hi!"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert all(chunk.usage is None for chunk in chunks)
    assert reply.config.stream is True
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump())


async def test_the_usage_of_a_stream_comes_last_when_asked_for(client):
    *others, last = await streamed(client, "Hi!", stream_options={"include_usage": True})

    assert last.choices == []
    assert last.usage.model_dump(exclude_none=True) == USAGE
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in others)


async def test_the_choices_of_a_stream_are_told_apart(client):
    chunks = await streamed(client, "One", "", "Three", n=3)

    texts = {0: "", 1: "", 2: ""}
    for chunk in chunks:
        texts[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert texts == {0: "One", 1: "", 2: "Three"}
    ended = [chunk.choices[0].index for chunk in chunks if chunk.choices[0].finish_reason]
    assert ended == [0, 1, 2]


FAILURES = [
    ("model_rate_limited", 429, openai.RateLimitError),
    ("model_timeout", 504, openai.InternalServerError),
    ("model_quota_exhausted", 503, openai.InternalServerError),
    ("model_error", 502, openai.InternalServerError),
    ("internal_error", 500, openai.InternalServerError),
    ("model_not_found", 404, openai.NotFoundError),
    ("context_too_long", 400, openai.BadRequestError),
    ("request_refused", 400, openai.BadRequestError),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("code", "status", "error"), FAILURES)
async def test_a_reply_that_fails_is_an_error(client, code, status, error, stream):
    with pytest.raises(error) as caught:
        async with meanwhile(fail(code, "It did not work.")):
            await client.chat.completions.create(model=MODEL, messages=HELLO, stream=stream)

    reply = await threads.run(the_reply)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert "It did not work." in caught.value.message
    assert str(reply.id) in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_that_is_cancelled_is_no_answer(client, stream):
    with pytest.raises(openai.ConflictError) as caught:
        async with meanwhile(cancel("Half an ans")):
            await client.chat.completions.create(model=MODEL, messages=HELLO, stream=stream)

    assert caught.value.code == "cancelled"


async def test_a_client_that_leaves_does_not_stop_the_reply(client):
    waiting = asyncio.ensure_future(client.chat.completions.create(model=MODEL, messages=HELLO))
    await open_reply()
    waiting.cancel()
    await asyncio.wait([waiting])

    await answer("Hi!")

    assert (await threads.run(the_reply)).status == "completed"


async def test_a_repeated_key_waits_for_the_same_reply(client):
    headers = {"Idempotency-Key": "k"}
    first = await completed(client, "Hi!", extra_headers=headers)

    again = await client.chat.completions.create(model=MODEL, messages=HELLO, extra_headers=headers)

    assert again.to_json() == first.to_json()
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await client.chat.completions.create(
            model=MODEL, messages=HELLO, n=2, extra_headers=headers
        )
    assert caught.value.code == "idempotency_key_reused"


async def test_a_stream_of_a_reply_that_has_ended_is_all_of_it(client):
    headers = {"Idempotency-Key": "k"}
    first = await streamed(client, "Hi!", extra_headers=headers)

    stream = await client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, extra_headers=headers
    )

    again = [chunk async for chunk in stream]
    assert [chunk.to_json() for chunk in again] == [chunk.to_json() for chunk in first]


async def test_while_there_is_nothing_to_say_a_stream_says_so(client, monkeypatch):
    monkeypatch.setattr(streaming, "PING_SECONDS", 0.05)
    asked = asyncio.ensure_future(
        client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO, stream=True)
    )
    reply = await open_reply()

    teller = ChunkTeller(reply, usage=False)
    body = await streaming.begun(credential=await credential(client), reply=reply, teller=teller)

    assert [await anext(body) for _ in range(3)] == [streaming.PING] * 3
    await body.aclose()
    await answer("Hi!")
    text = (await (await asked).http_response.aread()).decode()
    assert text.startswith(": ping\n\n")
    assert text.endswith("data: [DONE]\n\n")


async def test_after_a_ping_a_failure_is_told_in_the_stream(client, monkeypatch):
    monkeypatch.setattr(streaming, "PING_SECONDS", 0.01)
    begun = streaming.begun

    async def begun_then_fails(**given):
        body = await begun(**given)
        await fail("model_error", "It did not work.")
        return body

    monkeypatch.setattr(streaming, "begun", begun_then_fails)
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)

    with pytest.raises(openai.APIError) as caught:
        [_ async for _ in stream]

    assert type(caught.value) is openai.APIError
    assert caught.value.code == "model_error"


@pytest.mark.parametrize("stream", [False, True])
async def test_who_is_signed_out_does_not_wait_any_longer(client, settings, stream):
    settings.SOCKET_SWEEP_SECONDS = 0.1

    async def sign_out():
        await open_reply()
        await threads.run(Session.objects.update, revoked_at=timezone.now())

    with pytest.raises(openai.AuthenticationError) as caught:
        async with meanwhile(sign_out()):
            await client.chat.completions.create(model=MODEL, messages=HELLO, stream=stream)

    assert caught.value.code == "waiting_ended"
    assert (await threads.run(the_reply)).status == "queued"


async def credential(client):
    return await threads.run(prove, client.api_key)


async def test_the_limit_is_told_with_every_answer(client, settings):
    settings.CHAT_DAILY_LIMIT = 2
    async with meanwhile(answer("Hi!")):
        raw = await client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    assert raw.headers["RateLimit"].startswith('"daily";r=1;')
    assert raw.headers["RateLimit-Policy"].startswith('"daily";q=2;')
