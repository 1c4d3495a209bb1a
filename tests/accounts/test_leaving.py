"""Deleting the account: asked twice, and then everything is gone."""

import msgpack
import pytest
from rest_framework.test import APIClient
from support.people import PASSWORD, make_member
from support.refusals import refused
from support.talking import ask, begin, claim, exchange

from accounts.models import ApiKey, Member, Session
from chat.events import messages
from chat.models import ChatConfig, Choice, Conversation, Passage, Prompt, QuotaSlot, Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies.claims import Superseded
from chat.replies.lifecycle import complete
from workers.models import Delivery, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

EVERYTHING = (Conversation, ChatConfig, Prompt, Reply, Choice, QuotaSlot, Passage, Session, ApiKey)
EVERYTHING += (Webhook, Delivery)


def leave(api, **body):
    return api.delete("/api/v1/me", body, format="json")


def test_a_member_leaves_with_everything_and_others_stay(api, member, client_of):
    other = make_member()
    theirs = client_of(other)
    for client in (api, theirs):
        client.post("/api/v1/me/webhooks", {"url": "https://example.com/"}, format="json")
        exchange(client, begin(client), "Hello", "Hi!", "Hey!")
        client.post("/api/v1/me/keys", {"name": "laptop"}, format="json")
    before = [model.objects.count() for model in EVERYTHING]
    assert all(before)

    answer = leave(api, password=PASSWORD)

    assert (answer.status_code, answer.content) == (204, b"")
    assert [2 * model.objects.count() for model in EVERYTHING] == before
    assert Member.objects.get() == other
    assert theirs.get("/api/v1/conversations").json()["results"] != []


def test_every_session_ends(api, member, client_of):
    there = client_of(member)

    leave(api, password=PASSWORD)

    for client in (api, there):
        refused(client.get("/api/v1/me"), 401, "session_ended")
    body = {"email": member.email, "password": PASSWORD}
    refused(APIClient().post("/api/v1/auth/login", body, format="json"), 401, "credentials_invalid")


def test_the_address_is_free_again(api, member):
    leave(api, password=PASSWORD)

    body = {"email": member.email, "password": PASSWORD, "nickname": "Mina"}
    assert APIClient().post("/api/v1/auth/signup", body, format="json").status_code == 201


def test_a_running_reply_is_taken_from_its_worker(api, redis, django_capture_on_commit_callbacks):
    running = claim(ask(api, begin(api, intake=False), message="Hello"))
    heard = redis.pubsub(ignore_subscribe_messages=True)
    heard.subscribe("asgi__group__replies.cancel")
    heard.get_message(timeout=5)

    with django_capture_on_commit_callbacks(execute=True):
        leave(api, password=PASSWORD)

    cancel = messages.from_wire(msgpack.unpackb(heard.get_message(timeout=5)["data"]))
    assert cancel["replies"] == [running.id]
    with pytest.raises(Superseded):
        complete(running, Outcome(choices=[ChoiceParts(index=0, content="Late")]))


@pytest.mark.parametrize("wrong", ["x", PASSWORD.upper(), f" {PASSWORD}"])
def test_a_wrong_password_is_named_and_nobody_leaves(api, wrong):
    begin(api)

    refused(leave(api, password=wrong), 400, "password_wrong", "password")

    assert Member.objects.count() == Conversation.objects.count() == 1


def test_without_a_password_nobody_leaves(api):
    refused(api.delete("/api/v1/me"), 400, "invalid", "password")

    assert Member.objects.exists()


def test_somebody_without_a_token_deletes_nobody(member):
    refused(leave(APIClient(), password=PASSWORD), 401, "not_authenticated")

    assert Member.objects.exists()
