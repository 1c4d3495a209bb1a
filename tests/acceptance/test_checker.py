"""The checker itself: it does what clients are told to do, and fails on a broken promise only."""

import random
import time
from contextlib import asynccontextmanager

import httpx2
import pytest
import websockets
from support.eventually import comes_true
from support.processes import chaos, patience
from support.processes.fake_server import TEXT, FakeServer
from support.processes.person import Person


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
async def server():
    async with FakeServer().running() as running:
        yield running


class AlwaysCancels(random.Random):
    def random(self) -> float:
        return 0.0

    def uniform(self, a: float, b: float) -> float:
        return a


@asynccontextmanager
async def member_of(server):
    async with Person(server.url) as person, person.recorder() as socket:
        yield chaos.Member(person, socket, AlwaysCancels())


async def asked(member):
    return (await member.person.ask_until_accepted("chaos", seconds=5))["id"]


# What the checker has to bear


@pytest.mark.parametrize("trouble", ["503", "502", "drop", "lost"])
@pytest.mark.parametrize("step", ["begin", "ask", "cancel", "read"])
async def test_a_request_that_is_not_answered_for_a_while_is_made_again(server, step, trouble):
    async with member_of(server) as member:
        server.trouble[step] = [trouble] * 3

        await member.live_until(time.monotonic() + 0.01)
        await member.check()

        assert server.trouble[step] == []
        assert len(server.replies) == len(member.accepted)


@pytest.mark.parametrize("trouble", ["503", "502", "drop"])
@pytest.mark.parametrize("step", ["ticket", "socket"])
async def test_a_socket_is_opened_again_when_the_server_is_back(server, step, trouble):
    async with member_of(server) as member:
        server.trouble[step] = [trouble] * 3
        await server.close_sockets(1012)

        await member.live_until(time.monotonic() + 0.01)
        await member.check()

        assert server.trouble[step] == []
        assert member.socket.connections == 2


async def test_a_ticket_that_did_not_count_is_followed_by_another(server):
    async with member_of(server) as member:
        await server.close_sockets(4401)
        await comes_true(lambda: member.socket.connections == 2)

        assert len(server.times("ticket")) == 2


async def test_it_waits_as_long_as_the_server_asks(server):
    async with member_of(server) as member:
        server.trouble["ask"], server.retry_after = ["503"], "1"

        await asked(member)

        first, second = server.times("ask")
        assert second - first >= 1


async def test_what_ended_while_there_was_no_socket_is_asked_for(server):
    server.answers_at_once = False
    async with member_of(server) as member:
        reply = await asked(member)
        await server.delta(reply, 1, "An ")
        server.trouble["ticket"] = ["503"] * 3
        await server.close_sockets(1012)
        await server.end(reply)

        ended = await member.socket.until_ended(reply)

        assert ended == server.replies[reply]
        assert member.socket.complaints == []


async def test_what_ended_before_its_accept_was_known_is_asked_for(server):
    async with member_of(server) as member:
        await server.close_sockets(1012)
        server.trouble["ask"] = ["lost"]  # accepted and ended while there is no socket
        server.retry_after = "1"
        reply = await asked(member)

        assert (await member.socket.until_ended(reply))["status"] == "completed"


async def test_a_gap_is_closed_by_a_resync(server):
    server.answers_at_once = False
    async with member_of(server) as member:
        reply = await asked(member)
        await server.delta(reply, 1, "An ")
        await server.delta(reply, 3, "er.")
        await server.end(reply)

        await member.socket.until_ended(reply)

        assert member.socket.texts[reply] == {0: TEXT}
        assert (member.socket.missed, member.socket.complaints) == (1, [])


# What the checker has to find


async def test_a_delta_that_comes_twice_is_found(server):
    server.answers_at_once = False
    async with member_of(server) as member:
        reply = await asked(member)
        for _ in range(2):
            await server.delta(reply, 1, TEXT)
        await server.end(reply)
        await member.socket.until_ended(reply)

        with pytest.raises(AssertionError, match=r"\(1, 1\) came after \(1, 1\)"):
            await member.check()


async def test_two_different_ends_are_found(server):
    async with member_of(server) as member:
        reply = await asked(member)
        await member.socket.until_ended(reply)
        await server.end(reply, "Another answer.")
        await comes_true(lambda: len(member.socket.of("reply.updated", reply)) == 2)

        with pytest.raises(AssertionError, match="two ends"):
            await member.check()


async def test_an_end_with_another_text_than_was_shown_is_found(server):
    server.answers_at_once = False
    async with member_of(server) as member:
        reply = await asked(member)
        await server.delta(reply, 1, "An answerr.")
        await server.end(reply)
        await member.socket.until_ended(reply)

        with pytest.raises(AssertionError, match="An answerr"):
            await member.check()


async def test_a_delta_after_the_end_is_found(server):
    async with member_of(server) as member:
        reply = await asked(member)
        await server.delta(reply, 2, "more")
        await comes_true(lambda: len(member.socket.of("reply.delta", reply)) == 2)

        with pytest.raises(AssertionError, match="after the end"):
            await member.check()


async def test_an_end_that_is_not_the_stored_one_is_found(server):
    async with member_of(server) as member:
        await member.live_until(time.monotonic() + 0.01)
        server.replies[member.accepted[0]]["status"] = "failed"

        with pytest.raises(AssertionError):
            await member.check()


async def test_a_lost_reply_is_found(server):
    async with member_of(server) as member:
        await member.live_until(time.monotonic() + 0.01)
        server.replies.clear()

        with pytest.raises(AssertionError, match="404 of GET"):
            await member.check()


async def test_a_reply_that_never_ends_is_found(server, monkeypatch):
    monkeypatch.setattr(chaos, "PATIENCE_SECONDS", 0.2)
    server.answers_at_once = False
    async with member_of(server) as member:
        with pytest.raises(AssertionError, match="the end of reply"):
            await member.live_until(time.monotonic() + 0.01)


@pytest.mark.parametrize("status", ["400", "401", "404", "409", "429", "500"])
@pytest.mark.parametrize("step", ["begin", "ask", "cancel"])
async def test_an_answer_that_must_not_be_is_not_tried_again(server, step, status):
    async with member_of(server) as member:
        server.trouble[step] = [status]

        with pytest.raises(AssertionError, match=f"{status} of POST"):
            await member.live_until(time.monotonic() + 0.01)

        assert len(server.times(step)) == 1


async def test_a_server_that_stays_away_is_found(server):
    async with member_of(server) as member:
        server.trouble["begin"] = ["503"] * 1000
        with pytest.raises(patience.Unavailable):
            await member.person.ask_until_accepted("chaos", seconds=0.1)

        server.trouble["begin"] = ["drop"] * 1000
        with pytest.raises(httpx2.TransportError):
            await member.person.ask_until_accepted("chaos", seconds=0.1)


async def test_a_socket_that_must_give_up_says_why_at_once(server):
    async with Person(server.url) as person:
        server.trouble["ticket"] = ["401"]
        with pytest.raises(AssertionError, match="401 of POST"):
            await person.recorder().__aenter__()

        server.trouble["socket"] = ["403"]
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await person.recorder().__aenter__()


async def test_a_frame_that_the_server_does_not_understand_is_found(server):
    async with Person(server.url) as person:
        socket = await person.recorder().__aenter__()
        await server.close_sockets(4400)

        with pytest.raises(AssertionError, match="did not understand"):
            await socket.until_ended("a reply")
