"""`GET replies/{id}` as a long poll: ETag, If-None-Match and `Prefer: wait`."""

import asyncio
import threading

import pytest
from support.chat.long_polls import begin, complete, connections, waiting
from support.chat.reply_rows import another_member, make_reply, make_running, stored
from support.drivers.http_driver import Caller, caller_of
from support.drivers.socket_driver import open_session
from support.eventually import comes_true

from accounts.credentials import sessions
from api import threads
from chat.live import reconciliation
from chat.models import Conversation

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer", "no_sweeps"),
]


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
    await comes_true(lambda: connections() == 300)
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
