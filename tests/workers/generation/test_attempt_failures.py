"""Every way in which a model server can fail an attempt, and what becomes of the reply."""

import json

import pytest
from support.chat.reply_rows import set_directly, stored
from support.drivers.demo_driver import MODEL
from support.workers.attempts import attempt, claimed, contents, texts_of

from api import threads
from chat.exchange import wire_format
from chat.models import QuotaSlot
from workers.model import provider_dialect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "model")]

AGAIN = [
    ({"fault": "status", "fault_status": 408}, "model_timeout"),
    ({"fault": "status", "fault_status": 409}, "model_error"),
    ({"fault": "status", "fault_status": 429}, "model_rate_limited"),
    ({"fault": "status", "fault_status": 500}, "model_error"),
    ({"fault": "status", "fault_status": 503}, "model_error"),
    ({"fault": "stall", "fault_after": 3}, "model_timeout"),
    ({"fault": "stall", "fault_after": 0}, "model_timeout"),
    ({"fault": "hang"}, "model_timeout"),
    ({"fault": "cut", "fault_after": 3}, "model_unreachable"),
    ({"fault": "garbage", "fault_after": 3}, "model_response_invalid"),
    ({"fault": "error", "fault_after": 3}, "model_error"),
    ({"fault": "no_finish"}, "model_response_invalid"),
]
FINAL = [
    ({"fault": "status", "fault_status": 400}, "request_refused"),
    ({"fault": "status", "fault_status": 401}, "model_access_denied"),
    ({"fault": "status", "fault_status": 403}, "model_access_denied"),
    ({"fault": "status", "fault_status": 404}, "model_not_found"),
    (
        {"fault": "status", "fault_status": 429, "fault_code": "insufficient_quota"},
        "model_quota_exhausted",
    ),
    (
        {"fault": "status", "fault_status": 400, "fault_code": "context_length_exceeded"},
        "context_too_long",
    ),
]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "code"), AGAIN)
async def test_a_passing_fault_is_tried_again_later(member, model, stream, fault, code):
    model.set(**fault)
    reply = await threads.run(claimed, member, stream=stream)

    generation, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code, row.failures) == ("queued", code, 1)
    assert row.retry_at is not None
    assert 0.5 <= generation.retry_in <= 1
    assert json.loads(told[-1].frame)["reply"]["status"] == "queued"
    assert await threads.run(QuotaSlot.objects.count) == 1
    assert await threads.run(contents, reply) == {}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("fault", "code"), FINAL)
async def test_a_lasting_fault_ends_the_reply_at_once(member, model, stream, fault, code):
    model.set(**fault)
    reply = await threads.run(claimed, member, stream=stream)

    generation, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code, row.refunded) == ("failed", code, True)
    assert generation.retry_in is None
    assert [event.kind for event in told[-3:]] == [
        "reply.updated",
        "conversation.updated",
        "quota.updated",
    ]
    assert "was told to" not in told[-3].frame + row.error_detail
    assert await threads.run(QuotaSlot.objects.count) == 0


async def test_a_server_that_is_not_there_is_tried_again(member, settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    reply = await threads.run(claimed, member)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "model_unreachable"


async def test_the_last_attempt_fails_with_the_text_that_was_shown(member, model):
    model.set(fault="cut", fault_after=3)
    reply = await threads.run(claimed, member)
    reply.failures = 3
    await threads.run(set_directly, reply, failures=3)

    _, told = await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code) == ("failed", "model_unreachable")
    assert texts_of(told) == await threads.run(contents, reply)
    assert row.last_seq == max(event.seq for event in told)


async def test_retry_after_is_honoured(member, model):
    model.set(fault="status", fault_status=429, fault_retry_after=7)
    reply = await threads.run(claimed, member)

    generation, _ = await attempt(reply)

    assert 6.5 < generation.retry_in <= 7


async def test_an_attempt_has_a_deadline(member, model, settings):
    settings.MODEL_STALL_SECONDS = settings.MODEL_ANSWER_SECONDS = 30
    settings.MODEL_DEADLINE_SECONDS = 0.4
    model.set(tokens_per_second=5, tokens=100)
    reply = await threads.run(claimed, member)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "model_timeout"


@pytest.mark.parametrize(
    ("refuse", "config", "spelled"),
    [
        (["stream_options"], {}, {"without": ["stream_options"]}),
        (["max_tokens"], {"max_tokens": 4}, {"max_tokens": "max_completion_tokens"}),
        (
            ["stream_options", "max_tokens"],
            {"max_tokens": 4},
            {"without": ["stream_options"], "max_tokens": "max_completion_tokens"},
        ),
    ],
)
async def test_a_refused_field_is_spelled_otherwise_and_remembered(
    member, model, refuse, config, spelled
):
    model.set(refuse=refuse)
    reply, next_one = [await threads.run(claimed, member, **config) for _ in range(2)]

    await attempt(reply)
    asked = len(model.requests())
    await attempt(next_one)

    def check():
        row = stored(reply)
        assert (row.status, row.attempt) == ("completed", 1)
        assert row.extra["spelling"] == spelled
        assert wire_format.rebuilt_request(row) == model.requests()[asked - 1]["body"]

    await threads.run(check)
    assert asked == 1 + len(refuse)
    assert len(model.requests()) == asked + 1


async def test_a_field_that_cannot_be_spelled_otherwise_is_a_clear_failure(member, model):
    model.set(refuse=["n"])
    reply = await threads.run(claimed, member, n=2)

    await attempt(reply)

    row = await threads.run(stored, reply)
    assert (row.status, row.error_code) == ("failed", "request_refused")
    assert len(model.requests()) == 1


async def test_a_bound_under_neither_name_is_a_clear_failure(member, model):
    model.set(refuse=["max_tokens", "max_completion_tokens"])
    reply = await threads.run(claimed, member, max_tokens=4)

    await attempt(reply)

    assert (await threads.run(stored, reply)).error_code == "request_refused"
    assert provider_dialect.refused_by(MODEL) == frozenset()
