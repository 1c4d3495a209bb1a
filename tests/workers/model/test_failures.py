"""What a failure of the model means: whether it is tried again, and what a member reads of it."""

from datetime import UTC, datetime, timedelta

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.model import client, failures, retry_policy
from workers.model.failures import KINDS, ModelFailure, ParameterRefused

SECRET = "sk-secret says: please pay"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

STATUSES = {
    (400, None): "request_refused",
    (400, "context_length_exceeded"): "context_too_long",
    (400, "invalid_value"): "request_refused",
    (401, None): "model_access_denied",
    (402, None): "request_refused",
    (403, None): "model_access_denied",
    (404, None): "model_not_found",
    (404, "model_not_found"): "model_not_found",
    (408, None): "model_timeout",
    (409, None): "model_error",
    (413, None): "request_refused",
    (418, None): "request_refused",
    (422, None): "request_refused",
    (429, None): "model_rate_limited",
    (429, "rate_limit_exceeded"): "model_rate_limited",
    (429, "insufficient_quota"): "model_quota_exhausted",
    (451, None): "request_refused",
    (499, None): "request_refused",
    (500, None): "model_error",
    (502, None): "model_error",
    (503, "overloaded"): "model_error",
    (504, None): "model_error",
    (529, None): "model_error",
    (599, None): "model_error",
}
AGAIN = {
    "model_unreachable",
    "model_timeout",
    "model_rate_limited",
    "model_error",
    "model_response_invalid",
    "internal_error",
}


def status_error(status, headers=None, **error):
    request = httpx2.Request("POST", "http://model/v1/chat/completions")
    response = httpx2.Response(status, headers=headers, request=request)
    body = {"message": SECRET, "type": None, "code": None, "param": None} | error
    return openai.APIStatusError(f"Error code: {status} - {body}", response=response, body=body)


async def told(error, sent=None):
    with pytest.raises((ModelFailure, ParameterRefused)) as raised:
        async with client._failures_translated(sent or {}):
            raise error
    return raised.value


@pytest.mark.parametrize(("status", "code"), STATUSES)
async def test_a_status_of_the_server_is_a_kind_of_failure(status, code):
    failure = await told(status_error(status, code=code))

    assert failure.kind.code == STATUSES[status, code]


@pytest.mark.parametrize("odd", [7, ["a"], {"a": 1}, "x" * 10_000])
async def test_a_code_of_any_type_does_no_harm(odd):
    failure = await told(status_error(500, code=odd, param=odd))

    assert failure.kind is failures.BROKEN
    assert len(failure.reason) < 100
    assert (await told(status_error(400, code=odd, param=odd))).kind is failures.REFUSED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (openai.APITimeoutError(request=httpx2.Request("GET", "http://m")), "model_unreachable"),
        (openai.APIConnectionError(request=httpx2.Request("GET", "http://m")), "model_unreachable"),
        (ConnectionResetError(SECRET), "model_unreachable"),
        (httpx2.ReadError(SECRET), "model_unreachable"),
        (TimeoutError(SECRET), "model_timeout"),
    ],
)
async def test_a_broken_connection_is_a_kind_of_failure(error, code):
    assert (await told(error)).kind.code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "server_error"}, "model_error"),
        ({"type": "insufficient_quota"}, "model_quota_exhausted"),
        ({"code": ["odd"]}, "model_error"),
        (SECRET, "model_error"),
        (None, "model_error"),
    ],
)
def test_an_error_inside_the_stream_is_a_kind_of_failure(error, code):
    assert failures.in_stream(error).kind.code == code


def test_the_kinds_that_are_tried_again():
    assert {kind.code for kind in KINDS if kind.auto_retry} == AGAIN
    assert len({kind.code for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_text_of_the_provider_never_reaches_a_member(status):
    failure = await told(status_error(status, message=SECRET, code=SECRET))

    member_reads = failure.for_member()
    assert SECRET not in f"{member_reads.code} {member_reads.detail}"
    assert member_reads.detail == failure.kind.detail


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("-3", 0),
        ("inf", 86_400),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
    ],
)
async def test_what_retry_after_says(header, seconds):
    failure = await told(status_error(429, headers={"retry-after": header}))

    assert failure.retry_after == seconds


async def test_retry_after_means_nothing_where_nothing_is_tried_again():
    failure = await told(status_error(401, headers={"retry-after": "7"}))

    assert failure.retry_after is None


UNSUPPORTED = "Unsupported parameter: '{}' is not supported with this model."
STREAM = {"stream_options": {"include_usage": True}, "max_tokens": 5, "n": 2}


@pytest.mark.parametrize(
    ("status", "error", "refused"),
    [
        (400, {"code": "unsupported_parameter", "param": "max_tokens"}, "max_tokens"),
        (400, {"code": "unsupported_parameter", "param": "stream_options"}, "stream_options"),
        (
            400,
            {"code": "unknown_parameter", "param": "stream_options.include_usage"},
            "stream_options",
        ),
        (400, {"message": UNSUPPORTED.format("stream_options")}, "stream_options"),
        (
            400,
            {"message": UNSUPPORTED.format("max_tokens") + " Use 'max_completion_tokens'."},
            "max_tokens",
        ),
        (422, {"message": "Extra fields not permitted: stream_options"}, "stream_options"),
    ],
)
async def test_a_field_that_the_server_does_not_know_is_spelled_otherwise(status, error, refused):
    respell = await told(status_error(status, **error), sent=STREAM)

    assert isinstance(respell, ParameterRefused)
    assert respell.parameter == refused


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"code": "unsupported_parameter", "param": "n"}),
        (400, {"code": "unsupported_parameter", "param": "max_completion_tokens"}),
        (400, {"code": "invalid_value", "param": "max_tokens", "message": "max_tokens too large"}),
        (404, {"message": UNSUPPORTED.format("max_tokens")}),
    ],
)
async def test_any_other_refusal_is_a_failure(status, error):
    assert isinstance(await told(status_error(status, **error), sent=STREAM), ModelFailure)


def next_attempt(failure, **given):
    defaults = {"failures": 1, "accepted_at": NOW, "now": NOW, "chance": 0.5}
    return retry_policy.next_attempt_at(failure, **defaults | given)


@given(count=st.integers(1, 60), chance=st.floats(0, 1))
def test_the_backoff_doubles_up_to_its_bound_and_is_spread_over_its_upper_half(count, chance):
    from django.test import override_settings

    with override_settings(
        MODEL_ATTEMPTS=100, MODEL_BACKOFF_SECONDS=1.0, MODEL_DEADLINE_SECONDS=1e6
    ):
        moment = next_attempt(ModelFailure(failures.BROKEN), failures=count, chance=chance)

    whole = min(60.0, 2.0 ** (count - 1))
    delay = (moment - NOW).total_seconds()
    assert whole / 2 - 1e-6 <= delay <= whole + 1e-6


def test_a_longer_retry_after_is_honoured_and_a_shorter_one_is_not(settings):
    settings.MODEL_BACKOFF_SECONDS = 4

    for retry_after, delay in ((20.0, 20.0), (0.5, 3.0)):
        failure = ModelFailure(failures.BUSY, retry_after=retry_after)
        assert next_attempt(failure) == NOW + timedelta(seconds=delay)


def test_attempts_are_bounded(settings):
    settings.MODEL_ATTEMPTS = 4
    failure = ModelFailure(failures.TIMEOUT)

    assert next_attempt(failure, failures=3) is not None
    assert next_attempt(failure, failures=4) is None


def test_nothing_is_tried_after_the_deadline(settings):
    settings.MODEL_DEADLINE_SECONDS = 600
    settings.MODEL_BACKOFF_SECONDS = 1
    failure = ModelFailure(failures.TIMEOUT)

    assert next_attempt(failure, now=NOW + timedelta(seconds=599)) is not None
    assert next_attempt(failure, now=NOW + timedelta(seconds=599.5)) is None
    assert next_attempt(ModelFailure(failures.BUSY, retry_after=601)) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.auto_retry])
def test_what_does_not_get_better_is_not_tried_again(kind):
    assert next_attempt(ModelFailure(kind)) is None
