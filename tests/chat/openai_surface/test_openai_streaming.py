"""What a stream says while its reply lives through retries, from a follower that is fed."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import orjson
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from accounts.credentials.credential import Credential
from accounts.models import Member, Session
from api.ids import uuid7
from chat.live.delivery_order import StreamPosition
from chat.live.reply_follower import StreamedEvent
from chat.models import ChatConfig, Choice, Reply
from chat.openai_surface.errors import Unanswered
from chat.openai_surface.responses import streaming
from chat.openai_surface.responses.chunks import ChunkTeller
from chat.openai_surface.responses.response_events import EventTeller
from chat.replies import lifecycle


def followed(kind, terminal=False, **body):
    text = orjson.dumps({"type": kind, "reply": "r", **body}).decode()
    return StreamedEvent(kind=kind, text=text, terminal=terminal, position=StreamPosition(1, 1, 1))


def delta(attempt, text, index=0):
    return followed("reply.delta", attempt=attempt, seq=1, choice=index, text=text)


def snapshot(attempt, *texts):
    choices = [{"index": index, "content": text} for index, text in enumerate(texts)]
    return followed("reply.snapshot", attempt=attempt, seq=1, choices=choices)


def updated(status, attempt=1):
    return followed("reply.updated", reply={"id": "r", "status": status, "attempt": attempt})


class Ended:
    """The terminal frame, and the row that is stored then."""

    def __init__(self, status, attempt, *texts, finish_reason="stop", **columns):
        self.frame = followed("reply.updated", True, reply={"status": status})
        self.row = row(status=status, attempt=attempt, **columns)
        choices = [
            Choice(reply=self.row, index=index, content=text, finish_reason=finish_reason)
            for index, text in enumerate(texts)
        ]
        lifecycle.set_choices(self.row, choices)


def row(**columns):
    made = Reply(id=ID, config=ChatConfig(model="m"), created_at=NOW, finished_at=NOW, **columns)
    lifecycle.set_choices(made, [])
    return made


ID, NOW = uuid7(), datetime.now(UTC)


@pytest.fixture
def feed(monkeypatch):
    """The lines of the stream of a teller that hears what it is fed."""

    async def run(teller, *fed):
        async def frames():
            for one in fed:
                yield one.frame if isinstance(one, Ended) else one

        @asynccontextmanager
        async def follow(**_):
            yield frames()

        monkeypatch.setattr(streaming.reply_follower, "follow", follow)
        monkeypatch.setattr(streaming.queries, "get_reply", lambda **_: fed[-1].row)
        credential = Credential(source=Session(member=Member()), until=NOW)
        body = await streaming.begun(credential=credential, reply=row(), teller=teller)
        text = b"".join([part async for part in body]).decode()
        return [block for block in text.split("\n\n") if block]

    return run


@pytest.fixture
def stream(feed):
    async def run(*fed):
        lines = await feed(ChunkTeller(row(), usage=False), *fed)
        return [line.removeprefix("data: ") for line in lines]

    return run


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


def text_of(data):
    chunks = [json.loads(line) for line in data if line != "[DONE]"]
    return "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if "choices" in c)


def error_of(data):
    return json.loads(data[-1])["error"]


async def test_text_comes_as_deltas(stream):
    data = await stream(
        updated("queued"),
        updated("in_progress"),
        snapshot(1),
        delta(1, "Hel"),
        delta(1, "lo"),
        Ended("completed", 1, "Hello"),
    )

    assert text_of(data) == "Hello"
    assert data[-1] == "[DONE]"
    assert len(data) == 5  # the role, two texts, the end


async def test_an_attempt_that_says_the_same_is_not_noticed(stream):
    data = await stream(
        delta(1, "Hel"),
        updated("queued", 1),
        updated("in_progress", 2),
        snapshot(2),
        delta(2, "H"),
        delta(2, "ello"),
        Ended("completed", 2, "Hello"),
    )

    assert text_of(data) == "Hello"
    assert data[-1] == "[DONE]"


async def test_an_attempt_that_says_something_else_ends_the_stream_with_an_error(stream):
    data = await stream(delta(1, "Hel"), delta(2, "Bye"), Ended("completed", 2, "Bye"))

    assert text_of(data[:-1]) == "Hel"
    assert error_of(data)["code"] == "started_over"
    assert "[DONE]" not in data


async def test_an_answer_that_is_shorter_than_what_was_sent_is_an_error(stream):
    data = await stream(delta(1, "Hello"), Ended("completed", 2, "Hel"))

    assert error_of(data)["code"] == "started_over"


async def test_text_that_was_lost_comes_with_the_end(stream):
    data = await stream(delta(1, "Hel"), Ended("completed", 1, "Hello"))

    assert text_of(data) == "Hello"


async def test_a_failure_after_text_is_told_in_the_stream(stream):
    data = await stream(delta(1, "Hel"), Ended("failed", 1, "He", error_code="model_error"))

    assert error_of(data)["code"] == "model_error"
    assert error_of(data)["type"] == "server_error"
    assert "[DONE]" not in data


async def test_a_failure_before_text_is_told_by_a_status(stream):
    with pytest.raises(Unanswered) as caught:
        await stream(updated("queued"), Ended("failed", 1, error_code="model_rate_limited"))

    assert caught.value.status == 429


async def test_a_stream_that_is_not_followed_to_the_end_says_so(stream):
    data = await stream(delta(1, "Hel"))

    assert error_of(data)["code"] == "waiting_ended"
    with pytest.raises(Unanswered):
        await stream(updated("queued"))


async def test_a_stream_that_is_closed_before_it_was_read_leaves_nothing_behind(monkeypatch):
    following = []

    @asynccontextmanager
    async def follow(**_):
        async def frames():
            yield delta(1, "Hel")

        following.append("follower")
        try:
            yield frames()
        finally:
            following.clear()

    monkeypatch.setattr(streaming.reply_follower, "follow", follow)
    credential = Credential(source=Session(member=Member()), until=NOW)
    teller = ChunkTeller(row(), usage=False)
    body = await streaming.begun(credential=credential, reply=row(), teller=teller)
    assert following

    await body.aclose()

    assert not following


async def test_a_choice_without_text_has_its_end(stream):
    data = await stream(delta(1, "Hi", index=1), Ended("completed", 1, "", "Hi"))

    roles = [json.loads(line)["choices"][0] for line in data[:-1]]
    assert [c["index"] for c in roles if c["delta"].get("role")] == [1, 0]
    assert [c["index"] for c in roles if c["finish_reason"]] == [0, 1]


async def test_one_that_was_stopped_is_told_so_whatever_was_stored(stream):
    data = await stream(delta(1, "Hello"), Ended("cancelled", 1, "Hel", error_code="cancelled"))

    assert error_of(data)["code"] == "cancelled"


# Responses


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
