"""Reading replies, and what only their member may do with them."""

import uuid

import pytest
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused
from support.talking import ask, begin, complete, exchange, fail

from chat.replies import lifecycle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

METHODS = {"": "GET", "/exchange": "GET", "/regenerate": "POST", "/cancel": "POST"}
each_action = pytest.mark.parametrize("action", METHODS)


def call(client, reply_id, action=""):
    return client.generic(METHODS[action], f"/api/v1/replies/{reply_id}{action}")


def test_a_finished_reply_has_its_choices_in_order(api):
    reply = ask(api, begin(api, intake=False), message="Hello", config={"n": 2})
    complete(reply, "Hi!", "Hey!")

    seen = call(api, reply["id"]).json()

    assert seen["status"] == "completed"
    assert [choice["content"] for choice in seen["choices"]] == ["Hi!", "Hey!"]
    assert seen["queue_position"] is None
    assert seen["error"] is None
    assert seen["usage"] is None
    assert seen["started_at"] <= seen["finished_at"]


def test_a_failed_reply_says_why_and_that_it_cost_nothing(api):
    reply = ask(api, begin(api, intake=False), message="Hello")
    fail(reply)

    assert call(api, reply["id"]).json()["error"] == {
        "code": "model_error",
        "detail": "The model failed.",
        "retryable": True,
        "refunded": True,
    }


def test_a_cancelled_reply_says_so(api):
    reply = ask(api, begin(api, intake=False), message="Hello")
    lifecycle.cancel_queued(reply["id"])

    assert call(api, reply["id"]).json()["error"]["code"] == "cancelled"


@pytest.mark.django_db(transaction=True)
@each_action
def test_another_members_reply_is_not_there(api, client_of, action):
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    stranger = client_of(make_member())

    refused(call(stranger, reply["id"], action), 404, "not_found")


@pytest.mark.django_db(transaction=True)
@each_action
def test_a_reply_that_never_was_is_not_there(api, action):
    refused(call(api, uuid.uuid4(), action), 404, "not_found")
    refused(call(api, "no-uuid", action), 404, "not_found")


@pytest.mark.django_db(transaction=True)
@each_action
@pytest.mark.parametrize("authorization", ["", "Bearer nonsense"])
def test_without_a_token_nothing_is_shown(api, action, authorization):
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    nobody = APIClient(headers={"Authorization": authorization})

    code = "token_invalid" if authorization else "not_authenticated"
    refused(call(nobody, reply["id"], action), 401, code)


@pytest.mark.django_db(transaction=True)
def test_cancelling_an_ended_reply_returns_it_unchanged(api):
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")

    answer = call(api, reply["id"], "/cancel")

    assert answer.status_code == 200
    assert answer.json() == call(api, reply["id"]).json()


@pytest.mark.django_db(transaction=True)
def test_cancelling_a_waiting_reply_ends_it_and_gives_the_slot_back(api):
    reply = ask(api, begin(api, intake=False), message="Hello")

    seen = call(api, reply["id"], "/cancel").json()

    assert seen["status"] == "cancelled"
    assert seen["error"]["refunded"]
    assert api.get("/api/v1/quota").json()["used"] == 0
