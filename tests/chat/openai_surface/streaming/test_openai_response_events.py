"""What the events of a response say while its reply lives through retries."""

import json

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter
from support.openai_surface.followed_frames import Ended, delta, row, snapshot, updated

from chat.openai_surface.responses.response_events import EventTeller


@pytest.fixture
def events(feed):
    """As the official client reads them."""

    async def run(*fed):
        told = []
        for block in await feed(EventTeller(row()), *fed):
            named, data = block.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert named == f"event: {event['type']}"
            told.append(event)
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        for event in told:
            adapter.validate_python(event)
        return told

    adapter = TypeAdapter(ResponseStreamEvent)
    return run


def kinds(told):
    return [event["type"].removeprefix("response.") for event in told]


async def test_a_response_is_told_from_its_beginning_to_its_end(events):
    told = await events(
        updated("queued"),
        updated("in_progress"),
        snapshot(1),
        delta(1, "Hel"),
        delta(1, "lo"),
        Ended("completed", 1, "Hello!"),
    )

    assert kinds(told) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert told[0]["response"]["status"] == "queued"
    assert told[1]["response"]["status"] == "in_progress"
    assert [e["delta"] for e in told if "delta" in e] == ["Hel", "lo", "!"]
    [item] = told[-1]["response"]["output"]
    assert item == told[-2]["item"]
    assert item["content"][0]["text"] == told[-4]["text"] == "Hello!"
    assert {e["item_id"] for e in told if "item_id" in e} == {item["id"]}


async def test_that_a_response_is_started_over_is_not_told_while_it_says_the_same(events):
    told = await events(
        updated("in_progress"),
        delta(1, "Hel"),
        updated("queued"),
        updated("in_progress", 2),
        delta(2, "Hello"),
        Ended("completed", 2, "Hello"),
    )

    assert kinds(told).count("in_progress") == 1
    assert [e["delta"] for e in told if "delta" in e] == ["Hel", "lo"]


async def test_a_response_that_says_something_else_ends_with_an_error(events):
    told = await events(delta(1, "Hel"), delta(2, "Bye"), Ended("completed", 2, "Bye"))

    assert (told[-1]["type"], told[-1]["code"]) == ("error", "started_over")
    assert told[-1]["error"]["message"] == told[-1]["message"]


@pytest.mark.parametrize(
    ("ended", "kind", "status"),
    [
        (Ended("completed", 1, "Hi", finish_reason="length"), "incomplete", "incomplete"),
        (Ended("cancelled", 1, "Hi", finish_reason="cancelled"), "incomplete", "cancelled"),
        (Ended("cancelled", 1), "incomplete", "cancelled"),
        (Ended("failed", 1, error_code="model_error", error_detail="x"), "failed", "failed"),
    ],
)
async def test_however_a_response_ends_its_last_event_says_so(events, ended, kind, status):
    told = await events(updated("in_progress"), ended)

    assert kinds(told)[-1] == kind
    assert told[-1]["response"]["status"] == status


async def test_a_response_that_has_ended_is_told_from_its_beginning(feed):
    ended = Ended("completed", 1, "Hi")

    blocks = await feed(EventTeller(ended.row), snapshot(1, "Hi"), ended)

    opening = json.loads(blocks[0].split("data: ")[1])["response"]
    assert (opening["status"], opening["output"], opening["completed_at"]) == ("queued", [], None)


async def test_each_message_is_begun_before_it_is_done(events):
    told = await events(delta(1, "Hello"), Ended("cancelled", 1, "Hel", "Hi"))

    begun = [e["output_index"] for e in told if e["type"] == "response.output_item.added"]
    done = [e["output_index"] for e in told if e["type"] == "response.output_item.done"]
    assert begun == done == [0, 1]
