"""Responses through the official client, with the worker's part played by hand."""

import openai
import pytest
from openai.types.responses import Response
from support.drivers.openai_driver import (
    MODEL,
    answer,
    cancel,
    claim,
    fail,
    key_of,
    meanwhile,
    official_client,
)
from support.people import make_member

from api import threads
from chat.models import Conversation, QuotaSlot, Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture(autouse=True)
def _no_worker_to_wait_for(settings):
    settings.CANCEL_WAIT_SECONDS = 0.1


@pytest.fixture
def client(member):
    return official_client(key_of(member))


async def create(client, given="Hello", **body) -> Response:
    response = await client.responses.create(model=MODEL, input=given, **body)
    return strictly(response)


def strictly(response) -> Response:
    """The client believes everything; its types do not."""
    return Response.model_validate(response.model_dump())


async def answered(client, *texts, given="Hello", finish_reason="stop", columns=None, **body):
    async with meanwhile(answer(*texts, finish_reason=finish_reason, **columns or {})):
        return await create(client, given, **body)


async def background(client, **body) -> Response:
    return await create(client, background=True, **body)


async def retrieve(client, response) -> Response:
    return strictly(await client.responses.retrieve(response.id))


async def test_a_response_is_the_reply(client):
    response = await answered(
        client,
        "Hi!",
        instructions="Be kind.",
        temperature=0.5,
        max_output_tokens=9,
        metadata={"a": "b"},
    )

    reply = await threads.run(Reply.objects.select_related("config").get)
    assert response.id == f"resp_{reply.id.hex}"
    assert (response.status, response.output_text) == ("completed", "Hi!")
    assert response.created_at == int(reply.created_at.timestamp())
    assert response.completed_at == int(reply.finished_at.timestamp())
    assert response.instructions == reply.config.system == "Be kind."
    assert (response.temperature, response.max_output_tokens) == (0.5, 9)
    assert (response.metadata, response.background) == ({"a": "b"}, False)
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 5)
    assert response.usage.total_tokens == 8
    assert response.error is None
    assert await retrieve(client, response) == response


async def test_in_the_background_it_returns_at_once(client):
    response = await background(client)

    assert (response.status, response.output, response.background) == ("queued", [], True)
    await claim()
    assert (await retrieve(client, response)).status == "in_progress"


async def test_an_answer_in_the_background_is_found(client):
    response = await background(client)
    await answer("Hi!")

    found = await retrieve(client, response)

    assert (found.status, found.output_text) == ("completed", "Hi!")


async def test_an_answer_that_was_cut_is_incomplete(client):
    response = await answered(client, "Hi", finish_reason="length")

    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].status == "incomplete"
    assert response.output_text == "Hi"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("model_error", "server_error"),
        ("model_rate_limited", "rate_limit_exceeded"),
        ("request_refused", "invalid_prompt"),
    ],
)
async def test_a_failure_is_told_by_the_response(client, code, told):
    async with meanwhile(fail(code, "It did not work.")):
        response = await create(client)

    assert (response.status, response.output) == ("failed", [])
    assert (response.error.code, response.error.type) == (told, code)
    assert response.error.message == "It did not work."


async def test_a_response_is_streamed_as_events(client):
    asked = client.responses.stream(model=MODEL, input="Hello")
    async with meanwhile(answer("Hi!")), asked as stream:
        kinds = [event.type async for event in stream]
        final = await stream.get_final_response()

    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Hi!"
    assert (await retrieve(client, final)).output_text == "Hi!"


async def test_a_response_that_waits_can_be_cancelled(client):
    response = await background(client)

    cancelled = strictly(await client.responses.cancel(response.id))

    assert (cancelled.status, cancelled.output) == ("cancelled", [])
    assert await threads.run(QuotaSlot.objects.count) == 0


async def test_a_response_that_was_stopped_keeps_its_text(client):
    response = await background(client)
    await cancel("Half an ans")

    found = strictly(await client.responses.cancel(response.id))

    assert (found.status, found.output_text) == ("cancelled", "Half an ans")
    assert found.output[0].status == "incomplete"


async def test_cancelling_what_has_ended_changes_nothing(client):
    response = await answered(client, "Hi!")

    assert strictly(await client.responses.cancel(response.id)) == response


async def test_a_response_goes_on_from_another(client):
    first = await answered(client, "First", given="One", instructions="Be kind.")

    second = await answered(client, "Second", given="Two", previous_response_id=first.id)

    assert second.previous_response_id == first.id
    assert second.instructions is None
    assert await threads.run(Conversation.objects.count) == 1


async def test_the_output_may_be_sent_back_as_it_came(client):
    first = await answered(client, "First", given="One")
    user = {"role": "user", "content": "Two"}

    second = await answered(
        client, "Second", given=[{"role": "user", "content": "One"}, *first.output, user]
    )

    assert second.output_text == "Second"


async def test_what_the_model_counted_in_detail_is_told(client):
    details = {
        "prompt_tokens_details": {"cached_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    columns = {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "extra": {"response": {"usage": details}},
    }

    usage = (await answered(client, "Hi", columns=columns)).usage

    assert (usage.input_tokens_details.cached_tokens, usage.total_tokens) == (2, 8)
    assert usage.output_tokens_details.reasoning_tokens == 4


async def test_what_is_no_response_of_the_member_is_not_found(client):
    stranger = official_client(await threads.run(lambda: key_of(make_member())))
    foreign = await background(stranger)
    await answer("Hi!")
    async with meanwhile(answer("Hi!")):
        completion = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hello"}]
        )
    ids = [foreign.id, "resp_" + completion.id.removeprefix("chatcmpl-"), "resp_x", "x", "%00"]

    for wrong in [*ids, "resp_" + "0" * 32]:
        for call in (client.responses.retrieve, client.responses.cancel):
            with pytest.raises(openai.NotFoundError) as caught:
                await call(wrong)
            assert caught.value.code == "not_found"


async def test_how_a_response_is_read_cannot_be_chosen(client):
    response = await background(client)

    with pytest.raises(openai.BadRequestError) as caught:
        await client.responses.retrieve(response.id, include=["message.output_text.logprobs"])
    assert (caught.value.param, caught.value.code) == ("include[]", "unsupported_parameter")
    with pytest.raises(openai.BadRequestError):
        await client.responses.retrieve(response.id, stream=True)
