"""In tests, too, a view's database work is done by the pool's threads."""

import asyncio
import threading
from contextlib import contextmanager

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from support.shared_connection import lent_to_the_pool
from support.talking import ask, begin

from accounts.models import Member
from api import threads


@contextmanager
def database_threads():
    """The names of the threads that ask the database within it."""
    names = set()

    def note(execute, *call):
        names.add(threading.current_thread().name)
        return execute(*call)

    with connection.execute_wrapper(note):
        yield names


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def on_the_pool(*functions):
    """Runs all of them at once; their results."""

    async def run():
        return await asyncio.gather(*(threads.run(function) for function in functions))

    return async_to_sync(run)()


@pytest.mark.parametrize("method", ["read", "ask", "cancel"])
def test_a_views_database_work_is_done_by_the_pools_threads(api, method):
    conversation = begin(api, intake=False)
    reply = ask(api, begin(api, intake=False), message="hi")
    paths = {
        "read": ("get", f"/api/v1/conversations/{conversation['id']}", None),
        "ask": ("post", f"/api/v1/conversations/{conversation['id']}/replies", {"message": "hi"}),
        "cancel": ("post", f"/api/v1/replies/{reply['id']}/cancel", None),
    }
    verb, path, body = paths[method]

    with database_threads() as names:
        answer = getattr(api, verb)(path, body, format="json")

    assert answer.status_code in (200, 202), answer.content
    assert names
    assert {name.rpartition("_")[0] for name in names} == {"database"}


def test_the_pool_sees_and_leaves_what_the_test_writes(member):
    def rename():
        return Member.objects.filter(id=member.id).update(nickname="Renamed")

    assert on_the_pool(rename, backend) == [1, backend()]
    member.refresh_from_db()
    assert member.nickname == "Renamed"
    assert connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_where_tests_commit_each_thread_has_a_connection_of_its_own():
    assert backend() not in on_the_pool(backend)


def test_the_connection_is_lent_to_one_thread_at_a_time(member):
    together = threading.Barrier(2)

    def meet():
        with transaction.atomic(), pytest.raises(threading.BrokenBarrierError):
            together.wait(0.2)

    on_the_pool(meet, meet)


def test_an_error_on_the_pool_leaves_the_test_its_connection(member):
    def fail():
        with transaction.atomic():
            Member.objects.create_user(email=member.email, password="x", nickname="Twin")

    with pytest.raises(Exception, match="unique"):
        on_the_pool(fail)

    assert on_the_pool(backend) == [backend()]
    assert Member.objects.filter(email=member.email).count() == 1


def test_what_the_pool_leaves_for_the_commit_the_test_finds(db, django_capture_on_commit_callbacks):
    told = []
    with django_capture_on_commit_callbacks(execute=True):
        on_the_pool(lambda: transaction.on_commit(lambda: told.append("committed")))
        assert told == []

    assert told == ["committed"]


@pytest.mark.django_db(transaction=True)
def test_afterwards_each_thread_has_its_own_connection_again(monkeypatch):
    with lent_to_the_pool(monkeypatch):
        assert set(on_the_pool(*[backend] * threads.MOST)) == {backend()}

    assert backend() not in on_the_pool(*[backend] * threads.MOST)
