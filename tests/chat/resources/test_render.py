"""What is told quickly is what the serializers say, byte for byte."""

from datetime import UTC, datetime

import pytest
from support.reply_rows import make_reply, make_running

from api.renderers import to_json
from chat import clock
from chat.limits import daily_limit
from chat.limits.daily_limit import Quota
from chat.models import Reply
from chat.replies import lifecycle
from chat.replies.lifecycle import ChoiceParts, Failure, Outcome
from chat.resources import queries, render
from chat.rest.schema import QuotaSerializer, ReplySerializer, SummarySerializer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
CONFIG = {"temperature": 1, "max_tokens": 5, "n": 2, "system": "Sei «kurz».", "stream": False}
FAILURE = Failure(code="model_error", detail='It said: "no"', retryable=True)


def queued(member):
    return make_reply(member, config=CONFIG)


def due_again(member):
    reply = make_running(member)
    lifecycle.retry_later(reply, FAILURE, retry_at=clock.now())
    return reply


def running(member):
    return make_running(member)


def completed(member):
    reply = make_running(member, config=CONFIG)
    choices = [
        ChoiceParts(index=0, content="말길 🙂\u2028", finish_reason="stop"),
        ChoiceParts(index=1, content="", role="tool"),
    ]
    columns = {"prompt_tokens": 0, "completion_tokens": 7, "total_tokens": None}
    lifecycle.complete(reply, Outcome(choices=choices, columns=columns))
    return reply


def failed(member):
    reply = make_running(member, counted=True)
    lifecycle.fail(reply, FAILURE, Outcome())
    return reply


def cancelled(member):
    reply = make_running(member)
    lifecycle.cancel_running(reply, Outcome(choices=[ChoiceParts(index=0, content="Half")]))
    return reply


ALL = [queued, due_again, running, completed, failed, cancelled]


@pytest.mark.parametrize("made", ALL)
def test_a_reply(member, made):
    found = queries.one(member=member, reply_id=made(member).id)

    assert to_json(render.reply(found)) == to_json(ReplySerializer(found).data)


def test_a_reply_at_a_whole_second(member):
    moment = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    Reply.objects.filter(id=queued(member).id).update(created_at=moment)
    found = queries.replies().get()

    assert to_json(render.reply(found)) == to_json(ReplySerializer(found).data)
    assert render.reply(found)["created_at"] == moment


@pytest.mark.parametrize("made", ALL)
def test_a_summary(member, made):
    found = queries.summary(made(member).conversation_id)

    assert to_json(render.summary(found)) == to_json(SummarySerializer(found).data)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_a_quota(zone):
    now = datetime(2026, 5, 1, 15, 30, tzinfo=UTC)
    state = Quota(limit=5, used=7, resets_at=daily_limit.reset_after(now, zone), now=now)

    assert to_json(render.quota(state)) == to_json(QuotaSerializer(state).data)
