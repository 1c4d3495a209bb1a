"""Deleting a conversation, and taking that back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from support.drivers.socket_driver import opened
from support.people import make_member
from support.refusals import refused
from support.talking import ask, begin, claim, detail, exchange, post_reply

from api import threads
from chat.models import Conversation, QuotaSlot, Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies.claims import Superseded
from chat.replies.lifecycle import complete

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

PATH = "/api/v1/conversations"


@pytest.fixture(autouse=True)
def _no_worker_to_wait_for(settings):
    settings.CANCEL_WAIT_SECONDS = 0.1


def delete(api, conversation):
    answer = api.delete(f"{PATH}/{conversation['id']}")
    assert answer.status_code == 204, answer.content
    assert answer.content == b""


def restore(api, conversation):
    return api.post(f"{PATH}/{conversation['id']}/restore")


def test_a_deleted_conversation_is_nowhere(api):
    conversation = begin(api)
    prompt = f"{PATH}/{conversation['id']}/prompts/{conversation['prompts'][0]['id']}"
    reply, _ = exchange(api, conversation, "Hello", "Hi!")

    delete(api, conversation)

    assert api.get(PATH).json()["results"] == []
    assert api.get(PATH, {"q": "Hello"}).json()["results"] == []
    for answer in (
        api.get(f"{PATH}/{conversation['id']}"),
        api.get(f"{PATH}/{conversation['id']}/export"),
        api.post(f"{PATH}/{conversation['id']}/share"),
        api.delete(f"{PATH}/{conversation['id']}/share"),
        api.delete(f"{PATH}/{conversation['id']}"),
        api.patch(prompt, {"answer": "Late"}, format="json"),
        post_reply(api, conversation, message="Are you there?"),
        api.get(f"/api/v1/replies/{reply['id']}"),
        api.get(f"/api/v1/replies/{reply['id']}/exchange"),
        api.post(f"/api/v1/replies/{reply['id']}/regenerate"),
        api.post(f"/api/v1/replies/{reply['id']}/cancel"),
    ):
        refused(answer, 404, "not_found")


def test_what_was_used_of_the_day_stays_used(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "Hello", "Hi!")

    delete(api, conversation)

    assert QuotaSlot.objects.count() == 1


def test_a_reply_that_waits_is_cancelled_and_its_slot_given_back(api):
    conversation = begin(api, intake=False)
    ask(api, conversation, message="Hello")

    delete(api, conversation)

    reply = Reply.objects.get()
    assert (reply.status, reply.error_code, reply.refunded) == ("cancelled", "cancelled", True)
    assert not QuotaSlot.objects.exists()


def test_a_running_reply_is_cancelled_and_its_worker_writes_nothing_more(api):
    conversation = begin(api, intake=False)
    running = claim(ask(api, conversation, message="Hello"))

    delete(api, conversation)

    assert Reply.objects.get().status == "cancelled"
    with pytest.raises(Superseded):
        complete(running, Outcome(choices=[ChoiceParts(index=0, content="Late")]))


def test_another_members_conversation_is_not_deleted(client_of, api):
    theirs = client_of(make_member())
    conversation = begin(theirs, intake=False)
    ask(theirs, conversation, message="Hello")

    refused(api.delete(f"{PATH}/{conversation['id']}"), 404, "not_found")

    assert Reply.objects.get().status == "queued"
    assert detail(theirs, conversation)["id"] == conversation["id"]


def test_a_restored_conversation_is_as_it_was(api):
    conversation = begin(api, title="Go")
    exchange(api, conversation, "Hello", "Hi!")
    before = detail(api, conversation)
    delete(api, conversation)

    answer = restore(api, conversation)

    assert answer.status_code == 200
    assert answer.json() == before | {"updated_at": answer.json()["updated_at"]}
    assert [row["id"] for row in api.get(PATH, {"q": "hello"}).json()["results"]] == [before["id"]]
    post_reply(api, conversation, message="Welcome back").json()


def test_restoring_what_is_not_deleted_changes_nothing(api):
    conversation = begin(api)

    assert restore(api, conversation).json() == conversation


@pytest.mark.parametrize(("days", "status"), [(29.99, 200), (30.01, 404)])
def test_a_conversation_can_be_restored_for_30_days(api, days, status):
    conversation = begin(api)
    deleted_at = timezone.now() - timedelta(days=days)
    Conversation.objects.update(deleted_at=deleted_at)

    assert restore(api, conversation).status_code == status
    assert (Conversation.objects.get().deleted_at is None) == (status == 200)


def test_another_members_conversation_is_not_restored(client_of, api):
    conversation = begin(client_of(make_member()))
    Conversation.objects.update(deleted_at=timezone.now())

    refused(restore(api, conversation), 404, "not_found")
    assert Conversation.objects.get().deleted_at is not None


@pytest.mark.usefixtures("own_layer")
async def test_the_members_sockets_hear_of_both_in_order(client_of, member, settings):
    settings.SOCKET_SWEEP_SECONDS = 60
    api = await threads.run(client_of, member)
    conversation = await threads.run(begin, api, intake=False)
    async with opened(member) as socket:
        await threads.run(ask, api, conversation, message="Hello")
        await threads.run(delete, api, conversation)
        await threads.run(restore, api, conversation)
        frames = [frame for frame in await socket.rest() if frame["type"] != "quota.updated"]

    assert [frame["type"] for frame in frames] == [
        "reply.updated",
        "conversation.updated",
        "reply.updated",
        "conversation.updated",
        "conversation.deleted",
        "conversation.updated",
    ]
    assert frames[2]["reply"]["status"] == "cancelled"
    assert frames[4] == {"type": "conversation.deleted", "conversation": conversation["id"]}
    assert frames[5]["conversation"]["id"] == conversation["id"]


def test_a_link_does_not_come_back_to_life_by_an_undo(api):
    conversation = begin(api)
    link = api.post(f"{PATH}/{conversation['id']}/share").json()
    delete(api, conversation)

    restore(api, conversation)

    refused(APIClient().get(f"/api/v1/shared/{link['token']}"), 404, "not_found")
