"""Each fault, as a client meets it."""

import http.client
import json
from typing import Any

import pytest
from openai import APIError, OpenAI, RateLimitError
from support.drivers.demo_driver import Demo, contents, events, read_until_silent, request

CHAT = "/v1/chat/completions"
USAGE = {"include_usage": True}


def last_outcome(demo: Demo) -> str:
    outcome = demo.requests()[-1]["outcome"]
    assert isinstance(outcome, str)
    return outcome


@pytest.mark.parametrize("stream", [False, True])
def test_status_answers_with_an_error(demo: Demo, stream: bool) -> None:
    demo.set(fault="status", fault_status=429, fault_retry_after=1.5, fault_code="slow_down")
    answer = demo.chat("How?", stream=stream)
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1.5"
    assert answer.json()["error"]["code"] == "slow_down"
    assert last_outcome(demo) == "faulted"


def test_status_sends_no_retry_after_unless_told(demo: Demo) -> None:
    demo.set(fault="status", fault_status=503)
    answer = demo.chat("How?")
    assert (answer.status, answer.headers["Retry-After"]) == (503, None)


def test_stall_sends_some_tokens_and_then_nothing(demo: Demo) -> None:
    demo.set(fault="stall", fault_after=3, tokens=10)
    body = request("How?", stream=True)
    with demo.open("POST", CHAT, body, timeout=0.5) as response:
        assert len(contents(events(read_until_silent(response)))[0].split()) == 3
        assert demo.requests()[0]["outcome"] == "running"
        assert demo.requests()[0]["tokens"] == 3


@pytest.mark.parametrize(("fault", "stream"), [("stall", False), ("hang", False), ("hang", True)])
def test_not_even_headers_come(demo: Demo, fault: str, stream: bool) -> None:
    demo.set(fault=fault)
    with (
        pytest.raises(TimeoutError),
        demo.open("POST", CHAT, request("How?", stream=stream), timeout=0.5),
    ):
        pass
    assert demo.wait_for_outcome("disconnected")["status"] is None


def test_cut_breaks_a_stream_off(demo: Demo) -> None:
    demo.set(fault="cut", fault_after=3, tokens=10)
    with (
        pytest.raises(http.client.IncompleteRead) as cut,
        demo.open("POST", CHAT, request("How?", stream=True)) as response,
    ):
        response.read()
    assert len(contents(events(cut.value.partial))[0].split()) == 3
    assert last_outcome(demo) == "faulted"


def test_cut_breaks_a_body_off(demo: Demo) -> None:
    demo.set(fault="cut")
    with (
        pytest.raises(http.client.IncompleteRead) as cut,
        demo.open("POST", CHAT, request("How?")) as response,
    ):
        response.read()
    assert cut.value.partial.startswith(b'{"id"')
    assert last_outcome(demo) == "faulted"


@pytest.mark.parametrize("after", [0, 3, 10, 99])
def test_garbage_stands_between_the_tokens(demo: Demo, after: int) -> None:
    demo.set(fault="garbage", fault_after=after, tokens=10)
    stream = demo.stream("How?")
    position = stream.index("{not json")
    assert len(contents(stream[:position]).get(0, "").split()) == min(after, 10)
    stream.pop(position)
    assert len(contents(stream)[0].split()) == 10
    assert stream[-1] == "[DONE]"
    assert last_outcome(demo) == "faulted"


def test_garbage_is_a_body_that_is_not_json(demo: Demo) -> None:
    demo.set(fault="garbage")
    answer = demo.chat("How?")
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_error_ends_a_stream_with_an_error_object(demo: Demo) -> None:
    demo.set(fault="error", fault_after=3, tokens=10, fault_code="overloaded")
    *tokens, error = demo.stream("How?")
    assert len(contents(tokens)[0].split()) == 3
    assert json.loads(error)["error"]["code"] == "overloaded"
    assert last_outcome(demo) == "faulted"
    assert "error" in demo.requests()[0]["response"][-1]


def test_error_is_a_body_with_status_200(demo: Demo) -> None:
    demo.set(fault="error")
    answer = demo.chat("How?")
    assert (answer.status, set(answer.json())) == (200, {"error"})


def test_no_finish_leaves_the_finish_reasons_away(demo: Demo) -> None:
    demo.set(fault="no_finish")
    stream = demo.stream("How?", n=2)
    assert stream[-1] == "[DONE]"
    assert not any('"finish_reason":"' in event for event in stream)
    assert demo.chat("How?").json()["choices"][0]["finish_reason"] is None


def test_no_usage_leaves_the_usage_away(demo: Demo) -> None:
    demo.set(fault="no_usage")
    assert not any("usage" in event for event in demo.stream("How?", stream_options=USAGE))
    assert last_outcome(demo) == "faulted"
    assert "usage" not in demo.chat("How?").json()
    demo.stream("How?")
    assert last_outcome(demo) == "completed"


@pytest.mark.parametrize("field", ["stream_options", "max_tokens", "n"])
def test_refused_fields_are_unsupported(demo: Demo, field: str) -> None:
    demo.set(refuse=["stream_options", "max_tokens", "n"])
    values: dict[str, Any] = {"stream_options": USAGE, "max_tokens": 5, "n": 1}
    answer = demo.chat("How?", stream=True, **{field: values[field]})
    error = answer.json()["error"]
    assert (answer.status, error["code"], error["param"]) == (400, "unsupported_parameter", field)
    assert demo.chat("How?").status == 200


def test_a_seed_makes_chance_repeatable(demo: Demo) -> None:
    def draw() -> list[int]:
        demo.set(fault="status", fault_probability=0.5, seed=7)
        return [demo.chat("How?").status for _ in range(20)]

    first = draw()
    assert set(first) == {200, 500}
    assert draw() == first


def test_the_official_client_meets_the_faults(demo: Demo) -> None:
    demo.script(
        {"fault": "status", "fault_status": 429, "fault_code": "insufficient_quota"},
        {"fault": "error"},
    )
    with OpenAI(base_url=demo.base_url, api_key="any", max_retries=0) as client:
        create = client.chat.completions.create
        with pytest.raises(RateLimitError) as limited:
            create(model="malgil-demo", messages=[{"role": "user", "content": "How?"}])
        assert limited.value.code == "insufficient_quota"
        stream = create(
            model="malgil-demo", messages=[{"role": "user", "content": "How?"}], stream=True
        )
        with pytest.raises(APIError, match="told to fail"):
            list(stream)
