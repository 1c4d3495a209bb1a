"""What the chunks of a completion say while its reply lives through retries."""

import json
from contextlib import asynccontextmanager

import pytest
from support.openai_surface.followed_frames import NOW, Ended, delta, row, snapshot, updated

from accounts.credentials.credential import Credential
from accounts.models import Member, Session
from chat.openai_surface.errors import Unanswered
from chat.openai_surface.responses import streaming
from chat.openai_surface.responses.chunks import ChunkTeller


@pytest.fixture
def stream(feed):
    async def run(*fed):
        lines = await feed(ChunkTeller(row(), usage=False), *fed)
        return [line.removeprefix("data: ") for line in lines]

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
