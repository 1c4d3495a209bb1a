"""Django, as api/prepared.py, chat/replies/lifecycle.py, api/database and the admin rely on it."""

import asyncio
import inspect
import threading

import pytest
from django.contrib.admin import ModelAdmin
from django.core.handlers import asgi
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.db.backends.postgresql import base
from django.db.models import Value, query
from django.http import HttpResponse
from django.urls import path
from support.contract import require, require_parameters

from accounts.models import Member, Session
from chat.models import Choice, Reply
from config.http import django_handler

PREPARED = "api/prepared.py makes rows of a compiled queryset with it"
CHOICES = "chat/replies/lifecycle.set_choices puts a reply's choices there"


@pytest.fixture
def compiler():
    sessions = Session.objects.select_related("member").annotate(more=Value(7))
    compiler = sessions.query.get_compiler(using="default")
    require(compiler, "as_sql", "setup_query", "get_converters", breaks=PREPARED)
    return compiler


def test_a_compiler_tells_how_a_row_becomes_an_object(compiler):
    sql, params = compiler.as_sql()
    compiler.setup_query()

    assert sql.startswith("SELECT "), PREPARED
    assert list(params) == [7], PREPARED
    require(compiler, "klass_info", "select", "annotation_col_map", breaks=PREPARED)
    info = compiler.klass_info
    assert info["model"] is Session, PREPARED
    own = [compiler.select[at][0].target.attname for at in info["select_fields"]]
    assert own == [field.attname for field in Session._meta.concrete_fields], PREPARED
    assert list(compiler.annotation_col_map) == ["more"], PREPARED


def test_a_compiler_converts_columns_by_their_place():
    compiler = Reply.objects.all().query.get_compiler(using="default")
    compiler.setup_query()
    columns = [column[0] for column in compiler.select]

    converters = compiler.get_converters(columns)

    names = {columns[at].target.attname for at in converters}
    assert {"extra", "request_extra"} <= names, PREPARED
    assert all(len(entry) == 2 for entry in converters.values()), PREPARED


@pytest.mark.django_db
def test_related_objects_are_filled_in_from_the_same_row(compiler, member):
    require(query, "get_related_populators", breaks=PREPARED)
    require_parameters(query.get_related_populators, "klass_info", "select", "db", breaks=PREPARED)
    session = Session.objects.create(member=member, user_agent="A")
    sql, params = compiler.as_sql()
    compiler.setup_query()
    (populator,) = query.get_related_populators(compiler.klass_info, compiler.select, "default")
    require(populator, "populate", breaks=PREPARED)

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        populator.populate(cursor.fetchone(), session)

    assert session.__dict__["_state"].fields_cache["member"] == Member.objects.get(), PREPARED


@pytest.mark.django_db
def test_prefetched_rows_are_read_from_the_objects_cache(django_assert_num_queries):
    reply, choice = Reply(), Choice(index=0)
    reply._prefetched_objects_cache = {"choices": [choice]}

    with django_assert_num_queries(0):
        assert list(reply.choices.all()) == [choice], CHOICES


@pytest.mark.django_db
def test_a_prefetch_writes_that_cache(member):
    rows = Member.objects.prefetch_related("sessions").filter(id=member.id)

    require(rows[0], "_prefetched_objects_cache", breaks=CHOICES)


def test_a_backend_is_asked_whether_its_connection_is_usable():
    breaks = "api/database asks the kernel in its place; with it gone each hop is a round trip"
    require(base.DatabaseWrapper, "is_usable", "close_if_health_check_failed", breaks=breaks)
    require_parameters(base.DatabaseWrapper.is_usable, breaks=breaks)


def test_the_admin_filters_actions_by_permission():
    breaks = "config/admin/buttons.py shows staff the buttons that they may press by it"
    require(ModelAdmin, "_filter_actions_by_permissions", breaks=breaks)
    require_parameters(
        ModelAdmin._filter_actions_by_permissions, "request", "actions", breaks=breaks
    )


def test_the_handler_closes_responses_by_sync_to_async():
    breaks = "config/http/django_handler.py closes responses on the loop in its place"
    require(asgi, "sync_to_async", breaks=breaks)
    assert asgi.sync_to_async is django_handler._on_the_loop, breaks
    used = inspect.getsource(ASGIHandler)
    assert used.count("sync_to_async(") == used.count("response.close)()") == 2, breaks
    require(ASGIHandler, "handle", breaks="config/http/django_handler.Handler calls it")
    require_parameters(ASGIHandler.handle, "scope", "receive", "send", breaks=breaks)


async def test_a_request_that_waits_keeps_no_thread(settings):
    """Django keeps one as soon as anything synchronous stands before the view: a middleware, or a
    receiver of request_started."""
    waiting, go = asyncio.Event(), asyncio.Event()

    async def view(request):
        waiting.set()
        await go.wait()
        return HttpResponse(b"{}")

    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("waits", view)]})
    handler: ASGIHandler = django_handler.Handler()
    before = set(threading.enumerate())
    request = asyncio.ensure_future(_ask(handler, "/waits"))
    async with asyncio.timeout(10):
        await waiting.wait()

    assert set(threading.enumerate()) == before, (
        "config/http/django_handler.py: 300 waits, no threads"
    )
    go.set()
    assert await request == 200


async def _ask(handler: ASGIHandler, address: str) -> int:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": address,
        "raw_path": address.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("127.0.0.1", 80),
    }
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    sent = []

    async def receive():
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await handler(scope, receive, send)
    return sent[0]["status"]
