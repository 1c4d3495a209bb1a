"""Accepting a request, through the API."""

import pytest

from chat.models import Prompt, QuotaSlot, Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def begin(api, **body):
    answer = api.post("/api/v1/conversations", body, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def ask(api, conversation, headers=None, **body):
    path = f"/api/v1/conversations/{conversation['id']}/replies"
    return api.post(path, body, format="json", headers=headers or {})


def test_an_accepted_message_is_queued_and_counted(api, member):
    conversation = begin(api, intake=False)

    answer = ask(api, conversation, message="Hello")

    assert answer.status_code == 202
    reply = answer.json()
    assert answer["Location"] == f"/api/v1/replies/{reply['id']}"
    assert reply["status"] == "queued"
    assert reply["attempt"] == 0
    assert reply["queue_position"] == 1
    assert answer["RateLimit"].startswith('"daily";r=4;t=')
    assert QuotaSlot.objects.get().reply_id == Reply.objects.get().id


def test_a_second_message_waits_for_the_first_reply(api):
    conversation = begin(api, intake=False)
    ask(api, conversation, message="Hello")

    answer = ask(api, conversation, message="Hello again")

    assert answer.status_code == 409
    assert answer.json()["code"] == "reply_in_progress"
    assert QuotaSlot.objects.count() == 1
    assert Prompt.objects.count() == 1


def test_a_repeated_key_gives_the_same_reply(api):
    conversation = begin(api, intake=False)
    key = {"Idempotency-Key": "k1"}
    first = ask(api, conversation, key, message="Hello")

    again = ask(api, conversation, key, message="Hello")

    assert again.status_code == 202
    assert again["Location"] == first["Location"]
    assert Reply.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(api):
    conversation = begin(api, intake=False)
    key = {"Idempotency-Key": "k1"}
    ask(api, conversation, key, message="Hello")

    answer = ask(api, conversation, key, message="Something else")

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
