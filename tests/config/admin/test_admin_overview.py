"""The overview: right, for the staff only, and by indexes."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from support.chat.reply_rows import another_member, make_reply, make_running, set_directly
from support.operations import text_of

from chat import clock
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from config.admin import figures
from workers.engine import liveness
from workers.models import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
FIGURES = "/admin/overview/figures"
DENIED = Failure(code="model_access_denied", detail="No.", retryable=False)


@pytest.fixture(autouse=True)
def _anew(monkeypatch):
    """Nothing is kept from one test to the next."""
    monkeypatch.setattr(figures, "current", figures.read)


def read(ops):
    answer = ops.get(FIGURES)
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_what_waits_and_what_runs(ops, member):
    old = make_reply(member)
    set_directly(old, created_at=clock.now() - timedelta(seconds=90))
    make_reply(another_member())
    set_directly(make_reply(another_member()), retry_at=clock.now() + timedelta(seconds=60))
    make_running(another_member())

    queue = read(ops)["queue"]

    assert (queue["waiting"], queue["retrying"], queue["running"]) == (2, 1, 1)
    assert 90 <= queue["oldest_seconds"] < 100


def test_workers_with_their_heartbeat_and_what_they_hold(ops, member):
    worker = liveness.register()
    make_running(member, worker=worker)
    Worker.objects.update(beat_at=clock.now() - timedelta(seconds=7))

    (shown,) = read(ops)["workers"]

    assert (shown["id"], shown["in_flight"]) == (str(worker), 1)
    assert shown["beat_seconds"] >= 7


def test_throughput_and_failures_by_code(ops, member):
    done = make_running(member)
    lifecycle.complete(done, Outcome(choices=[ChoiceParts(index=0, content="Yes")]))
    for _ in range(2):
        lifecycle.fail(make_running(another_member()), DENIED, Outcome())
    lifecycle.cancel_queued(make_reply(another_member()).id)

    found = read(ops)

    assert sum(minute["completed"] for minute in found["ended"]) == 1
    assert sum(minute["failed"] for minute in found["ended"]) == 2
    assert sum(minute["cancelled"] for minute in found["ended"]) == 1
    assert len(found["ended"]) == figures.THROUGHPUT_MINUTES
    assert found["failures"] == [{"code": "model_access_denied", "count": 2}]
    assert found["times"]["answers"] == 1


def test_what_ended_long_ago_is_not_of_the_last_hour(ops, member):
    long_ago = clock.now() - timedelta(minutes=61)
    ended = {"status": "failed", "error_code": "model_error", "finished_at": long_ago}
    make_reply(member, **ended)

    assert read(ops)["failures"] == []


@pytest.mark.parametrize(
    ("says", "good"), [("unauthorized", False), ("unreachable", False), ("ok", True)]
)
def test_a_model_that_refuses_is_a_failed_check(ops, says, good):
    liveness.register()
    Worker.objects.update(model=says)

    (model,) = [check for check in read(ops)["checks"] if check["name"] == "model"]

    assert model["ok"] is good
    if says == "unauthorized":
        assert "OPENAI_API_KEY" in model["says"]


def test_without_redis_the_rest_is_still_told(ops, monkeypatch):
    from api import redis

    def away(self, operation):
        raise redis.Unavailable

    monkeypatch.setattr(redis.Link, "call", away)
    found = read(ops)

    assert found["watching"] is None
    assert {check["name"]: check["ok"] for check in found["checks"]}["Redis"] is False


def test_the_staff_only(client, api):
    assert client.get(FIGURES).status_code == 302
    assert api.get(FIGURES).status_code == 302


def test_the_page_says_where_its_figures_are(ops):
    page = text_of(ops.get("/admin/overview/"))

    assert f'data-figures="{FIGURES}"' in page
    assert "config/overview.js" in page


def test_however_many_look_it_is_read_once(monkeypatch):
    asked = []
    kept = figures.Kept(lambda: asked.append(1) or len(asked), seconds=60)

    assert [kept(), kept()] == [1, 1]
    kept._until = 0.0
    assert kept() == 2


# Each holds open replies only. In a small table it is by chance which of them is taken.
OPEN = "reply_queue|reply_due|reply_by_worker|reply_open|one_open_reply_per_conversation"
STATEMENTS = {
    name: (text, indexes)
    for name, text, indexes in (
        ("queue", figures._QUEUE, {OPEN}),
        ("ended", figures._ENDED, {"reply_ended"}),
        ("times", figures._TIMES, {"reply_ended"}),
        ("failures", figures._FAILURES, {"reply_unanswered"}),
    )
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_statement_goes_by_an_index(name):
    statement, indexes = STATEMENTS[name]
    with connection.cursor() as cursor:
        # In a small table everything is quickest by reading all of it.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", {"minutes": 10, "most": 2000})
        plan = "\n".join(row[0] for row in cursor.fetchall())

    for index in indexes:
        assert re.search(index, plan), plan
    assert "Seq Scan on chat_reply" not in plan
