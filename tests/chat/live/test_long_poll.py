"""Long polling: ETag, If-None-Match and `Prefer: wait`."""

import asyncio
import threading
from uuid import uuid4

import pytest
from django.db import OperationalError
from support.drivers.http_driver import Caller, caller_of
from support.drivers.socket_driver import open_session
from support.eventually import comes_true
from support.reply_rows import another_member, make_conversation, make_reply, make_running, stored

from accounts.credentials import sessions
from api import threads
from chat.events import publisher
from chat.live import reconciliation
from chat.models import Conversation
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import cancellation, lifecycle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer"),
]


@pytest.fixture(autouse=True)
def _no_sweeps(settings):
    settings.SOCKET_SWEEP_SECONDS = 60


def complete(reply, *, told=True):
    choice = ChoiceParts(index=0, content="Hi", finish_reason="stop")
    lifecycle.complete(reply, Outcome(choices=[choice], last_seq=1))
    if told:
        publisher.publish(publisher.after_change(reply))


def begin(reply):
    """Claims, and tells."""
    claimed = lifecycle.claim(reply_id=reply.id, worker=uuid4())
    publisher.publish(publisher.after_change(claimed))
    return claimed


async def waiting(caller, path, **headers):
    """A request that has come as far as it can."""
    before = _connections()
    task = asyncio.ensure_future(caller.get(path, **headers))
    await comes_true(lambda: _connections() > before or task.done())
    return task


def _connections():
    return sum(map(len, reconciliation.reconciler._connections.values()))


async def test_the_etag_changes_with_the_status(member):
    reply = await threads.run(make_reply, member)
    caller = await caller_of(member)
    first = await caller.get(f"replies/{reply.id}")

    same = await caller.get(f"replies/{reply.id}", If_None_Match=first["ETag"])
    claimed = await threads.run(begin, reply)
    other = await caller.get(f"replies/{reply.id}", If_None_Match=first["ETag"])

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert (other.status_code, other.json()["status"]) == (200, "in_progress")
    assert first["Retry-After"] == same["Retry-After"] == other["Retry-After"] == "1"
    await threads.run(complete, claimed)
    ended = await caller.get(f"replies/{reply.id}")
    assert len({first["ETag"], other["ETag"], ended["ETag"]}) == 3
    assert "Retry-After" not in ended


@pytest.mark.parametrize("given", ["*", 'W/"0", {}', "{}", "{strong}"])
async def test_if_none_match_is_compared_weakly(member, given):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)
    etag = (await caller.get(f"replies/{reply.id}"))["ETag"]
    header = given.format(etag, strong=etag.removeprefix("W/"))

    answer = await caller.get(f"replies/{reply.id}", If_None_Match=header)

    assert answer.status_code == 304


async def test_a_wait_ends_with_the_reply(member):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)
    task = await waiting(caller, f"replies/{reply.id}", Prefer="wait=30")

    await threads.run(complete, reply)
    answer = await task

    assert answer.status_code == 200
    assert answer["Preference-Applied"] == "wait=30"
    again = await caller.get(f"replies/{reply.id}")
    assert answer.json() == again.json()
    assert answer["ETag"] == again["ETag"]
    assert not reconciliation.reconciler._connections


async def test_a_wait_with_an_etag_ends_with_the_next_change(member):
    reply = await threads.run(make_reply, member)
    caller = await caller_of(member)
    known = (await caller.get(f"replies/{reply.id}"))["ETag"]
    task = await waiting(caller, f"replies/{reply.id}", Prefer="wait=30", If_None_Match=known)

    await threads.run(begin, reply)
    answer = await task

    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    assert answer["ETag"] != known
    assert answer["Retry-After"] == "1"


async def test_a_wait_in_vain_gives_the_reply_as_it_is(member):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)

    answer = await caller.get(f"replies/{reply.id}", Prefer="wait=1")
    same = await caller.get(f"replies/{reply.id}", Prefer="wait=1", If_None_Match=answer["ETag"])

    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    assert same.status_code == 304
    assert answer["Preference-Applied"] == same["Preference-Applied"] == "wait=1"


async def test_an_ended_reply_is_not_waited_for(member):
    reply = await threads.run(make_running, member)
    await threads.run(complete, reply)
    caller = await caller_of(member)

    async with asyncio.timeout(5):
        answer = await caller.get(f"replies/{reply.id}", Prefer="wait=100000")
        same = await caller.get(
            f"replies/{reply.id}", Prefer="wait=60", If_None_Match=answer["ETag"]
        )

    assert answer["Preference-Applied"] == "wait=60"
    assert same.status_code == 304


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=-1", "wait=soon", "return=minimal", ","])
async def test_what_is_no_preference_is_none(member, prefer):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)

    async with asyncio.timeout(5):
        answer = await caller.get(f"replies/{reply.id}", Prefer=prefer)

    assert answer.status_code == 200
    assert "Preference-Applied" not in answer


async def test_other_preferences_may_stand_beside_it(member):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)

    answer = await caller.get(f"replies/{reply.id}", Prefer='respond-async, Wait="0"; foo')

    assert answer["Preference-Applied"] == "wait=0"


async def test_an_end_that_was_not_told_is_found(member, settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    task = await waiting(await caller_of(member), f"replies/{reply.id}", Prefer="wait=30")

    await threads.run(lambda: complete(reply, told=False))

    assert (await task).json()["status"] == "completed"


async def test_a_reply_that_is_deleted_meanwhile_is_not_there(member, settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    task = await waiting(await caller_of(member), f"replies/{reply.id}", Prefer="wait=30")

    await threads.run(lambda: Conversation.objects.update(deleted_at=stored(reply).created_at))

    assert (await task).status_code == 404


async def test_it_is_not_there_while_redis_is_away_either(member, settings, own_layer, monkeypatch):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    task = await waiting(await caller_of(member), f"replies/{reply.id}", Prefer="wait=10")
    monkeypatch.setattr(own_layer.connection, "is_connected", False)

    await threads.run(lambda: Conversation.objects.update(deleted_at=stored(reply).created_at))

    assert (await task).status_code == 404


async def test_what_the_sweep_finds_of_another_reply_is_told_to_others(member, settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    one, other = [await threads.run(make_running, member) for _ in range(2)]
    caller = await caller_of(member)
    of_one = await waiting(caller, f"replies/{one.id}", Prefer="wait=30")
    of_other = await waiting(caller, f"replies/{other.id}", Prefer="wait=30")
    await comes_true(lambda: reconciliation.reconciler._in_flight() == {one.id, other.id})

    await threads.run(lambda: complete(other, told=False))
    assert (await of_other).json()["id"] == str(other.id)
    assert not of_one.done()
    await threads.run(lambda: complete(one, told=False))

    assert (await of_one).json()["id"] == str(one.id)


async def test_whoever_is_signed_out_meanwhile_is_told_nothing(member, settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1
    reply = await threads.run(make_running, member)
    session = await threads.run(open_session, member)
    task = await waiting(Caller(session), f"replies/{reply.id}", Prefer="wait=30")

    await threads.run(sessions.revoke, session)

    answer = await task
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_another_members_reply_is_not_there_however_long_one_waits(member):
    reply = await threads.run(make_running, member)
    other = await caller_of(await threads.run(another_member))

    async with asyncio.timeout(5):
        answer = await other.get(f"replies/{reply.id}", Prefer="wait=30")

    assert answer.status_code == 404


async def test_three_hundred_that_wait_cost_no_threads_and_no_queries(member, monkeypatch):
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)
    before = threading.active_count()
    tasks = [
        asyncio.ensure_future(caller.get(f"replies/{reply.id}", Prefer="wait=60"))
        for _ in range(300)
    ]
    await comes_true(lambda: _connections() == 300)
    run, asked = threads.run, []

    async def counted(function, *args, **kwargs):
        asked.append(function)
        return await run(function, *args, **kwargs)

    # Those who came last may still be reading the reply as it is.
    await comes_true(lambda: threads._pool._work.empty())
    monkeypatch.setattr(threads, "run", counted)
    await asyncio.sleep(0.5)
    meanwhile = len(asked)
    await threads.run(complete, reply)
    answers = await asyncio.gather(*tasks)

    assert {answer.json()["status"] for answer in answers} == {"completed"}
    # The shared ones, and those of asyncio and asgiref.
    assert threading.active_count() - before < threads.MOST + 10
    assert meanwhile == 0
    assert len(asked) == 1, "only the end itself was written"
    assert not reconciliation.reconciler._connections


async def test_asking_with_a_wait_answers_200_when_the_reply_ended_in_time(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)
    task = asyncio.ensure_future(
        caller.post(f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=30")
    )
    await comes_true(lambda: _connections() == 1)
    reply = await threads.run(lambda: begin(conversation.replies.get()))
    await threads.run(complete, reply)
    answer = await task

    assert answer.status_code == 200
    assert answer["Location"] == f"/api/v1/replies/{reply.id}"
    assert answer["Preference-Applied"] == "wait=30"
    assert answer["RateLimit"].startswith('"daily";r=4;')
    assert answer.json()["choices"][0]["content"] == "Hi"


async def test_the_limit_is_told_as_it_is_after_the_wait(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)
    task = asyncio.ensure_future(
        caller.post(f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=30")
    )
    await comes_true(lambda: _connections() == 1)
    reply = await threads.run(conversation.replies.get)

    await cancellation.cancel(member=member, reply_id=reply.id)

    answer = await task
    assert answer.json()["error"]["refunded"]
    assert answer["RateLimit"].startswith('"daily";r=5;')


async def test_asking_with_a_wait_answers_202_when_it_did_not(member):
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)

    answer = await caller.post(
        f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=1"
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Retry-After"] == "1"
    assert answer["Preference-Applied"] == "wait=1"


async def test_who_waits_too_often_is_answered_at_once(member, monkeypatch):
    from chat.live import reply_follower

    monkeypatch.setattr(reply_follower, "MOST", 1)
    reply = await threads.run(make_running, member)
    caller = await caller_of(member)
    task = await waiting(caller, f"replies/{reply.id}", Prefer="wait=30")

    async with asyncio.timeout(5):
        answer = await caller.get(f"replies/{reply.id}", Prefer="wait=30")

    assert "Preference-Applied" not in answer
    await threads.run(complete, reply)
    await task


async def test_what_was_accepted_is_told_so_when_it_cannot_be_waited_for(member, monkeypatch):
    from chat.live import long_poll as waits

    def away(*_):
        raise OperationalError

    monkeypatch.setattr(waits, "_read", away)
    conversation = await threads.run(make_conversation, member)
    caller = await caller_of(member)

    answer = await caller.post(
        f"conversations/{conversation.id}/replies", {"message": "Hi"}, Prefer="wait=1"
    )

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Location"] == f"/api/v1/replies/{answer.json()['id']}"
