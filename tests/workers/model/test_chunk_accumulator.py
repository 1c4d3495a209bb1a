"""Chunks add up to the completion, however they were cut."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.model.chunk_accumulator import ChunkAccumulator, deltas_of_completion
from workers.model.failures import UNREADABLE, ModelFailure

HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def chunk(*choices, **fields):
    return {**HEAD, "choices": list(choices), **fields}


def said(content=None, *, index=0, finish=None, **delta):
    if content is not None:
        delta["content"] = content
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def added_up(chunks, choices=1):
    accumulator = ChunkAccumulator()
    deltas = [delta for one in chunks for delta in accumulator.add(copy.deepcopy(one))]
    return accumulator.completion(choices), deltas


def cut(draw, text):
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=4)


@given(texts=TEXTS, reasoned=st.text(max_size=8), data=st.data())
def test_any_chunking_gives_the_same_completion(texts, reasoned, data):
    by_choice = []
    for index, text in enumerate(texts):
        mine = [said("", index=index, role="assistant")]
        mine += [said(index=index, reasoning_content=part) for part in cut(data.draw, reasoned)]
        mine += [said(part, index=index) for part in cut(data.draw, text)]
        mine.append(said(index=index, finish="stop"))
        by_choice.append(mine)
    chunks = []
    while any(by_choice):  # interleaved by choice, and sometimes several in one chunk
        ready = [mine for mine in by_choice if mine]
        taken = data.draw(st.lists(st.sampled_from(range(len(ready))), min_size=1, unique=True))
        chunks.append(chunk(*(ready[place].pop(0) for place in taken), usage=None))
    chunks.append(chunk(usage={"total_tokens": 3}))

    completion, deltas = added_up(chunks, choices=len(texts))

    expected = [
        {
            "index": index,
            "message": {
                "role": "assistant",
                "reasoning_content": reasoned,
                "content": text.replace("\0", "�"),
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
        for index, text in enumerate(texts)
    ]
    assert completion == {
        **HEAD,
        "object": "chat.completion",
        "usage": {"total_tokens": 3},
        "choices": expected,
    }
    for choice in completion["choices"]:
        shown = "".join(text for index, text in deltas if index == choice["index"])
        assert shown == choice["message"]["content"]


def test_tool_calls_come_together_by_their_index():
    call = {"index": 0, "id": "t1", "type": "function", "function": {"name": "f", "arguments": ""}}
    chunks = [
        chunk(said(role="assistant", tool_calls=[call])),
        chunk(said(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}])),
        chunk(said(tool_calls=[{"index": 1, "id": "t2", "function": {"arguments": "{}"}}])),
        chunk(said(tool_calls=[{"index": 0, "function": {"arguments": ":1}"}}])),
        chunk(said(finish="tool_calls")),
    ]

    message = added_up(chunks)[0]["choices"][0]["message"]

    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ['{"a":1}', "{}"]
    assert message["tool_calls"][0]["id"] == "t1"
    assert "content" not in message


def test_log_probabilities_are_collected():
    chunks = [
        chunk({**said("a"), "logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}),
        chunk({**said("b"), "logprobs": {"content": [{"token": "b", "logprob": -1}]}}),
        chunk(said(finish="stop")),
    ]

    choice = added_up(chunks)[0]["choices"][0]

    assert [item["token"] for item in choice["logprobs"]["content"]] == ["a", "b"]


def test_fields_that_never_came_are_not_made_up():
    completion, _ = added_up([{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}])

    assert completion == {"choices": [{"index": 0, "message": {}, "finish_reason": "stop"}]}


def test_null_and_empty_text_stay_what_they_were():
    refused = {"role": "assistant", "content": None, "refusal": "No"}
    chunks = [chunk({"index": 0, "delta": refused, "finish_reason": "stop"})]

    assert added_up(chunks)[0]["choices"][0]["message"] == refused


def test_the_parts_that_are_merged_are_left_as_they_were():
    first = {"index": 0, "id": "t", "function": {"arguments": "a"}}
    second = {"index": 0, "function": {"arguments": "b"}}
    accumulator = ChunkAccumulator()

    for call in (first, second):
        accumulator.add(chunk(said(tool_calls=[call])))

    assert first["function"]["arguments"] == "a"


@pytest.mark.parametrize(
    ("chunks", "choices"),
    [
        ([], 1),
        ([chunk(said("a"))], 1),
        ([chunk(said("a", finish="stop"))], 2),
        ([chunk(said("a", finish="stop")), chunk(said("b", index=1))], 1),
        ([chunk(said("a", finish=""))], 1),
    ],
)
def test_a_stream_that_ended_early_is_no_answer(chunks, choices):
    with pytest.raises(ModelFailure) as failed:
        added_up(chunks, choices)
    assert failed.value.kind is UNREADABLE


@pytest.mark.parametrize(
    "odd",
    [
        7,
        "text",
        None,
        [],
        chunk(7),
        chunk({"delta": {}}),
        chunk({"index": "0", "delta": {}}),
        chunk({"index": True, "delta": {}}),
        chunk({"index": -1, "delta": {}}),
        chunk({"index": 128, "delta": {}}),
        chunk({"index": 0, "delta": 7}),
        chunk(said(content=7)),
        chunk(said(content=["a"])),
        {"choices": 7},
    ],
)
def test_what_is_no_chunk_is_unreadable(odd):
    with pytest.raises(ModelFailure) as failed:
        ChunkAccumulator().add(odd)
    assert failed.value.kind is UNREADABLE


def answer(*choices):
    return {"choices": list(choices)}


def spoken(index=0, content="Hi", finish="stop"):
    return {"index": index, "message": {"content": content}, "finish_reason": finish}


def test_a_whole_answer_gives_its_text_by_choice():
    deltas = deltas_of_completion(answer(spoken(), spoken(1, None), spoken(2, "\0x")), 3)

    assert deltas == [(0, "Hi"), (2, "�x")]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"choices": None},
        answer(),
        answer(7),
        answer(spoken(finish=None)),
        answer({"index": 0, "message": {"content": "Hi"}}),
        answer(spoken(index=None)),
        answer(spoken(content=["Hi"])),
        answer({"index": 0, "message": "Hi", "finish_reason": "stop"}),
        answer(spoken(0), spoken(0)),
    ],
)
def test_what_is_no_whole_answer_is_unreadable(odd):
    with pytest.raises(ModelFailure) as failed:
        deltas_of_completion(odd, 1)
    assert failed.value.kind is UNREADABLE
