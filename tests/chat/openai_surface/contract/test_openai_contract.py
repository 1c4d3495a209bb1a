"""What the official client asks for and hears when all goes well."""

import asyncio
import time

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from support.openai_surface.demo import MODEL, reply_id
from support.openai_surface.messages import assistant, user


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
