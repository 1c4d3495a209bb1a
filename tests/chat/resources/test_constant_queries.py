"""What a list, a conversation and a reply cost does not grow with how much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.chat.reply_rows import make_conversation, make_running
from support.talking import begin, exchange

from chat.models import Conversation, Prompt, Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
MANY = 10_000


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        answer = call()
        assert answer.status_code == 200, answer.content
    return len(captured), answer.json()


def multiplied(model, row, **changes):
    """The row again and again, copied by the database; `changes` are SQL, with `n` the number."""
    names = [field.column for field in model._meta.concrete_fields]
    changed = {"id": "gen_random_uuid()"} | changes
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {values}'
            f' FROM "{model._meta.db_table}", generate_series(1, {MANY}) n WHERE id = %s',
            [row.id],
        )


def test_the_list_of_conversations(api, member):
    for _ in range(3):
        exchange(api, begin(api, intake=False), "Hello", "Hi!")
    few, _ = queries(lambda: api.get("/api/v1/conversations?page_size=100"))

    multiplied(Conversation, make_conversation(member))

    many, page = queries(lambda: api.get("/api/v1/conversations?page_size=100"))
    assert len(page["results"]) == 100
    assert many == few


def test_a_conversation(api, member):
    reply = make_running(member)
    lifecycle.complete(reply, Outcome(choices=[ChoiceParts(index=0, content="Hi")]))
    path = f"/api/v1/conversations/{reply.conversation_id}"
    few, _ = queries(lambda: api.get(path))

    multiplied(Prompt, reply.prompt, position="n")
    multiplied(Reply, reply)

    many, whole = queries(lambda: api.get(path))
    assert (len(whole["prompts"]), len(whole["replies"])) == (MANY + 1, MANY + 1)
    assert many == few


def test_a_reply(api, member):
    reply = make_running(member)
    lifecycle.complete(reply, Outcome(choices=[ChoiceParts(index=0, content="Hi")]))
    few, _ = queries(lambda: api.get(f"/api/v1/replies/{reply.id}"))

    multiplied(Reply, reply)

    assert queries(lambda: api.get(f"/api/v1/replies/{reply.id}"))[0] == few
