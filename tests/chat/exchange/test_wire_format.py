"""The exchange is taken apart into columns and put together again, and is the same JSON."""

import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.chat.reply_rows import make_running, stored

from api.renderers import to_json
from api.text import storable_json
from chat.exchange import wire_format
from chat.models import ChatConfig, Choice, Reply
from chat.outcomes import Outcome
from chat.replies import lifecycle

TEXT = st.text(max_size=6)
NUMBER = (
    st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 2**31 - 1, 2**31, 2**63, 2**64 - 1, 1e308, 5e-324, -0.0, 1e22])
)
SCALAR = st.none() | st.booleans() | NUMBER | TEXT
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EXTRA = st.dictionaries(
    st.sampled_from(["logprobs", "refusal", "tool_calls", "x"]) | TEXT, JSON, max_size=3
)
COUNT = st.integers(0, 10) | JSON


def maybe(**fields):
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def merged(draw, *parts):
    whole = {}
    for part in parts:
        whole |= draw(part)
    return whole


MESSAGE = merged(
    EXTRA,
    maybe(
        role=st.just("assistant") | st.text(min_size=45, max_size=55) | JSON,
        content=TEXT | st.none(),
        reasoning_content=TEXT,
    ),
)
CHOICE = merged(
    EXTRA,
    maybe(logprobs=JSON),
    st.fixed_dictionaries(
        {"message": MESSAGE, "finish_reason": st.sampled_from(["stop", "x" * 60])}
    ),
)
USAGE = merged(
    maybe(
        prompt_tokens=COUNT,
        completion_tokens=COUNT,
        total_tokens=COUNT,
        completion_tokens_details=JSON,
    )
)
RESPONSE = merged(
    EXTRA,
    maybe(
        id=TEXT | JSON,
        object=st.just("chat.completion"),
        created=COUNT,
        model=TEXT | JSON,
        usage=USAGE | JSON,
        system_fingerprint=JSON,
    ),
    st.fixed_dictionaries({"choices": st.lists(CHOICE, min_size=1, max_size=4)}),
)


def on_the_wire(response):
    """As the client reads it: orjson's numbers, and a choice's index in its place."""
    for index, choice in enumerate(response["choices"]):
        choice["index"] = index
    return orjson.loads(json.dumps(response))


def same(one, other):
    """As JSON. A float stands for the number that its digits say, as which jsonb may write it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        return isinstance(one, int | float) and float(one) == float(other)
    return type(one) is type(other) and one == other


def storing(reply: Reply, response) -> Reply:
    """As workers.generation.attempt does it."""
    columns, choices = wire_format.take_apart(storable_json(response))
    columns["extra"] = {"response": columns.pop("extra_response")}
    lifecycle.complete(reply, Outcome(choices=choices, columns=columns))
    return stored(reply)


def rebuilt(reply):
    return wire_format.rebuilt_response(reply, reply.choices.order_by("index"))


@pytest.mark.django_db
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(response=RESPONSE)
def test_any_response_comes_back_as_it_was(member, response):
    wire = on_the_wire(response)

    reply = storing(make_running(member), wire)

    assert same(rebuilt(reply), storable_json(wire))
    assert same(orjson.loads(to_json(rebuilt(reply))), storable_json(wire))


@pytest.mark.django_db
def test_what_a_column_can_hold_stands_in_it(member):
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    response = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m-2",
        "service_tier": None,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "N\0L",
                    "refusal": None,
                    "tool_calls": [{"id": "t", "function": {"arguments": "{}"}}],
                    "reasoning_content": "Hm",
                },
                "logprobs": {"content": [{"token": "N", "logprob": -1.25e-7}]},
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }

    reply = storing(make_running(member), response)

    assert (reply.response_id, reply.response_created) == ("chatcmpl-1", 1_700_000_000)
    assert (reply.response_model, reply.total_tokens) == ("m-2", 12)
    assert (reply.prompt_tokens, reply.completion_tokens) == (5, 7)
    assert Choice.objects.get().content == "N�L"
    assert rebuilt(reply) == storable_json(response)


@pytest.mark.django_db
def test_numbers_that_no_column_holds_stay_what_they_were(member):
    response = {
        "created": 2**40,
        "usage": {"prompt_tokens": -1, "completion_tokens": 2.0, "total_tokens": True},
        "seed": 2.0**70,
        "choices": [{"index": 0, "message": {"content": ""}, "finish_reason": "stop"}],
    }

    reply = storing(make_running(member), response)

    assert (reply.response_created, reply.prompt_tokens, reply.total_tokens) == (None, None, None)
    assert rebuilt(reply) == response
    assert orjson.loads(to_json(rebuilt(reply))) == response


@pytest.mark.parametrize("odd", [{}, {"choices": [{}]}, {"choices": [{"message": 7}]}])
def test_what_is_no_response_is_an_error(odd):
    with pytest.raises((KeyError, TypeError, ValueError)):
        wire_format.take_apart(odd)


MESSAGES = [{"role": "user", "content": "Hello"}]


def body(dialect=None, **fields):
    config = ChatConfig(**({"model": "m", "stream": False} | fields))
    return wire_format.request_body(config=config, messages=MESSAGES, dialect=dialect or {})


def test_what_was_left_out_is_not_sent():
    assert body() == {"model": "m", "messages": MESSAGES, "stream": False}


def test_what_was_given_is_sent_also_when_it_is_zero():
    assert body(temperature=0, max_tokens=7, n=1) == {
        "model": "m",
        "messages": MESSAGES,
        "stream": False,
        "temperature": 0,
        "max_tokens": 7,
        "n": 1,
    }


def test_a_stream_asks_for_its_usage_unless_the_server_refuses():
    assert body(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body({"without": ["stream_options"]}, stream=True)


def test_the_bound_is_sent_under_the_name_that_the_model_takes():
    sent = body({"max_tokens": "max_completion_tokens"}, max_tokens=7)

    assert sent["max_completion_tokens"] == 7
    assert "max_tokens" not in sent
    assert "max_completion_tokens" not in body({"max_tokens": "max_completion_tokens"})
