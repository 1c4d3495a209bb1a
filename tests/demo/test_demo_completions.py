"""POST /v1/chat/completions and GET /v1/models, without faults."""

import json
from typing import Any

import pytest
from openai import OpenAI
from support.drivers.demo_driver import MODEL, Demo, chunks, contents, request


def test_a_stream_adds_up_to_the_answer_without_stream(demo: Demo) -> None:
    for said in ("How do I learn Rust?", "러스트는 어떻게 배우나요?", "hi"):
        streamed = contents(demo.stream(said, n=3))
        whole = demo.chat(said, n=3).json()["choices"]
        assert streamed == {c["index"]: c["message"]["content"] for c in whole}


def test_each_choice_starts_with_a_role_and_ends_with_a_finish_reason(demo: Demo) -> None:
    stream = demo.stream("How?", n=2)
    assert stream[-1] == "[DONE]"
    for index in range(2):
        mine = [c["choices"][0] for c in chunks(stream) if c["choices"][0]["index"] == index]
        assert mine[0]["delta"] == {"role": "assistant", "content": ""}
        assert [c["finish_reason"] for c in mine] == [None] * (len(mine) - 1) + ["stop"]


def test_chunks_of_several_choices_interleave(demo: Demo) -> None:
    demo.set(tokens=3)
    order = [c["choices"][0]["index"] for c in chunks(demo.stream("How?", n=2))]
    assert order == [0, 1] * 5


def test_all_chunks_of_a_stream_share_id_and_created(demo: Demo) -> None:
    found = {(c["id"], c["created"], c["model"]) for c in chunks(demo.stream("How?"))}
    assert len(found) == 1
    ((id_, created, model),) = found
    assert id_.startswith("chatcmpl-")
    assert isinstance(created, int)
    assert model == MODEL


def test_usage_comes_in_a_last_chunk_when_asked_for(demo: Demo) -> None:
    demo.set(tokens=7)
    found = chunks(demo.stream("How?", n=2, stream_options={"include_usage": True}))
    assert all(chunk["usage"] is None for chunk in found[:-1])
    assert found[-1]["choices"] == []
    usage = found[-1]["usage"]
    assert usage["completion_tokens"] == 14
    assert usage["total_tokens"] == usage["prompt_tokens"] + 14
    assert usage == demo.chat("How?", n=2).json()["usage"]


def test_a_stream_carries_no_usage_unasked(demo: Demo) -> None:
    assert all("usage" not in chunk for chunk in chunks(demo.stream("How?")))


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_a_limit_of_tokens_cuts_the_answer(demo: Demo, field: str) -> None:
    whole = demo.text("How?")
    cut = demo.chat("How?", **dict[str, Any]({field: 4})).json()
    (choice,) = cut["choices"]
    assert choice["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 4
    assert whole.startswith(choice["message"]["content"])
    assert len(choice["message"]["content"]) < len(whole)


def test_a_limit_that_is_not_reached_changes_nothing(demo: Demo) -> None:
    demo.set(tokens=4)
    assert demo.chat("How?", max_tokens=4).json()["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 3}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "king", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": True}, "n"),
        ({"n": 129}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": "9"}, "max_completion_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": 1}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": 1}, "stream_options"),
    ],
)
def test_a_bad_field_is_named(demo: Demo, change: dict[str, object], param: str) -> None:
    answer = demo.call("POST", "/v1/chat/completions", {**request("hi"), **change})
    assert answer.status == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert set(error) == {"message", "type", "param", "code"}


LONE_SURROGATE = b'{"model": "malgil-demo", "messages": [{"role": "user", "content": "\\ud800"}]}'


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b'"\xff"', LONE_SURROGATE])
def test_what_is_no_json_object_is_refused(demo: Demo, body: bytes) -> None:
    answer = demo.call("POST", "/v1/chat/completions", body)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_content_may_come_in_parts(demo: Demo) -> None:
    parts = [{"type": "text", "text": "What about"}, {"type": "text", "text": "bees?"}]
    body = request("") | {"messages": [{"role": "user", "content": parts}]}
    answer = demo.call("POST", "/v1/chat/completions", body)
    assert "> What about" in answer.json()["choices"][0]["message"]["content"]


def test_an_unknown_model_or_path_is_404(demo: Demo) -> None:
    unknown = demo.call("POST", "/v1/chat/completions", request("hi") | {"model": "gpt-x"})
    assert (unknown.status, unknown.json()["error"]["code"]) == (404, "model_not_found")
    nowhere = demo.call("GET", "/v1/nowhere")
    assert (nowhere.status, nowhere.json()["error"]["code"]) == (404, "unknown_url")


def test_the_models_are_listed(demo: Demo) -> None:
    demo.set(models=["a/b", "c"])
    listed = demo.call("GET", "/v1/models").json()
    assert [model["id"] for model in listed["data"]] == ["a/b", "c"]
    assert demo.call("GET", "/v1/models/a/b").json()["object"] == "model"
    assert demo.call("GET", "/v1/models/gpt-x").status == 404


def test_any_key_will_do_until_one_is_set(demo: Demo) -> None:
    assert demo.chat("hi").status == demo.chat("hi", key="whatever").status == 200
    demo.set(api_key="right")
    refused = [demo.chat("hi"), demo.chat("hi", key="wrong"), demo.call("GET", "/v1/models")]
    assert [answer.status for answer in refused] == [401] * 3
    assert refused[0].json()["error"]["code"] == "invalid_api_key"
    assert demo.chat("hi", key="right").status == 200


def test_made_up_words_are_exactly_as_many_as_told(demo: Demo) -> None:
    demo.set(tokens=300)
    texts = contents(demo.stream("How?", n=2))
    assert [len(text.split()) for text in texts.values()] == [300, 300]
    assert texts[0] != texts[1]


def test_it_is_alive(demo: Demo) -> None:
    assert demo.call("GET", "/healthz").status == 200


def test_the_official_client_reads_an_answer_and_a_stream(demo: Demo) -> None:
    with OpenAI(base_url=demo.base_url, api_key="any", max_retries=0) as client:
        assert MODEL in [model.id for model in client.models.list()]
        messages = json.loads(json.dumps(request("How?")["messages"]))
        whole = client.chat.completions.create(model=MODEL, messages=messages)
        stream = client.chat.completions.create(
            model=MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
        )
        found = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in found if c.choices)
    assert text == whole.choices[0].message.content
    assert found[-1].usage == whole.usage
