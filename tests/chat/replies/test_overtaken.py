"""A request that is overtaken: its conversation changes after it was read, before it is stored."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from support.refusals import refused
from support.talking import ask, begin, complete, detail, exchange, post_reply

from chat.limits import queue
from chat.models import ChatConfig, Conversation, Prompt, QuotaSlot, Reply
from chat.replies import accept, accept_statements
from chat.replies.reply_request import ReplyRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture
def meanwhile(monkeypatch):
    """Something happens once a request has looked around, and before it stores anything."""
    find = accept_statements.find
    happening = []

    def found_and_overtaken(**given):
        found = find(**given)
        while happening:
            happening.pop()()
        return found

    monkeypatch.setattr(accept_statements, "find", found_and_overtaken)
    return happening.append


def test_what_was_said_meanwhile_is_a_conflict(api, meanwhile):
    conversation = begin(api, intake=False)
    meanwhile(lambda: ask(api, conversation, message="First"))

    refused(post_reply(api, conversation, message="Second"), 409, "reply_in_progress")

    assert Prompt.objects.get().answer == "First"
    assert QuotaSlot.objects.count() == 1


def test_an_answer_that_came_meanwhile_is_followed(api, meanwhile):
    conversation = begin(api, intake=False)
    first, _ = exchange(api, conversation, "Hello", "Hi!")
    again = f"/api/v1/replies/{first['id']}/regenerate"
    choices = []
    meanwhile(lambda: choices.extend(complete(api.post(again).json(), "Hey!")))

    ask(api, conversation, message="How are you?")

    assert str(Prompt.objects.get(answer="How are you?").parent_id) == choices[0]


def test_a_conversation_that_was_deleted_meanwhile_is_not_found(api, meanwhile):
    conversation = begin(api, intake=False)
    meanwhile(lambda: api.delete(f"/api/v1/conversations/{conversation['id']}"))

    refused(post_reply(api, conversation, message="Hello"), 404, "not_found")

    assert not Reply.objects.exists()
    assert not QuotaSlot.objects.exists()


def test_a_config_that_was_changed_meanwhile_counts(api, meanwhile):
    conversation = begin(api, intake=False)
    path = f"/api/v1/conversations/{conversation['id']}"
    meanwhile(lambda: api.patch(path, {"config": {"temperature": 2}}, format="json"))

    reply = ask(api, conversation, message="Hello")

    assert reply["config"]["temperature"] == 2


def test_it_gives_back_the_slot_that_it_held(api, meanwhile, redis):
    conversation = begin(api, intake=False)
    meanwhile(lambda: api.delete(f"/api/v1/conversations/{conversation['id']}"))
    refused(post_reply(api, conversation, message="Hello"), 404, "not_found")

    [key] = redis.keys("malgil:quota:*")

    assert redis.smembers(key) == {b"0"}


# What is stored, and what it costs


def stored_as_told(row):
    """The row says what the object says that was told of."""
    found = type(row).objects.get(pk=row.pk)
    names = [field.attname for field in row._meta.concrete_fields]
    assert {name: getattr(found, name) for name in names} == {
        name: getattr(row, name) for name in names
    }
    assert not row._state.adding


@pytest.mark.parametrize("config", [None, {"temperature": 0.5, "n": 2, "system": "Be brief"}])
def test_the_rows_are_those_that_the_models_would_store(api, member, config):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "Hello", "Hi!")
    preceding = [{"role": "user", "content": "x"}]
    request = ReplyRequest(
        message="And?", config=config, preceding=preceding, request_extra={"a": {"b": 1}}
    )

    accepted = accept.accept(
        member=member, conversation_id=Conversation.objects.get().id, request=request
    )

    reply = accepted.reply

    for row in (reply, reply.prompt, reply.config, reply.conversation):
        stored_as_told(row)
    assert ChatConfig.objects.count() == (2 if config else 1)
    assert reply.wake_at - reply.created_at == timedelta(seconds=3)
    assert detail(api, conversation)["replies"][-1]["id"] == str(reply.id)


def test_an_accept_is_three_statements(api, member, django_assert_num_queries):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "Hello", "Hi!")
    conversation_id = Conversation.objects.get().id

    # What it finds, what it stores, what is left of the day; two are the transaction's.
    with django_assert_num_queries(5):
        accept.accept(
            member=member, conversation_id=conversation_id, request=ReplyRequest(message="And?")
        )


# How many wait


def test_a_long_queue_is_not_counted_each_time(api, monkeypatch):
    """It is known for forty times as long as it took to count; those that join are added."""
    now = 100.0
    monkeypatch.setattr(queue, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(queue, "_length", queue._Length())
    assert queue.reading().known is None

    queue.reading().given(5000)
    replies = [ask(api, begin(api, intake=False), message="Hello") for _ in range(2)]
    assert [reply["queue_position"] for reply in replies] == [5001, 5002]

    now += 0.11
    assert queue.reading().known is None
    assert ask(api, begin(api, intake=False), message="Hello")["queue_position"] == 3
