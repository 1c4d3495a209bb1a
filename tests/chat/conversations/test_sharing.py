"""Letting others read one conversation, by its link."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused
from support.talking import INTAKE, ask, begin, complete, detail, exchange, fail, tell

from chat.models import Conversation

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"


@pytest.fixture
def anybody():
    """Has no token."""
    return APIClient()


def share(api, conversation):
    answer = api.post(f"{PATH}/{conversation['id']}/share")
    assert answer.status_code == 201, answer.content
    return answer.json()


def shared(anybody, token):
    return anybody.get(f"/api/v1/shared/{token}")


def names(value):
    """Every field name in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {name for inner in value.values() for name in names(inner)}
    if isinstance(value, list):
        return {name for inner in value for name in names(inner)}
    return set()


def test_whoever_has_the_link_reads_the_conversation(api, anybody):
    conversation = begin(api, config={"n": 2})
    tell(api, conversation, **INTAKE)
    complete(ask(api, conversation), "Start here", "Or here")
    exchange(api, conversation, "And then?", "Go on")

    seen = shared(anybody, share(api, conversation)["token"]).json()

    whole = detail(api, conversation)
    assert seen["title"] == whole["title"] == "Learn Go"
    assert seen["prompts"] == whole["prompts"]
    assert [reply["choices"] for reply in seen["replies"]] == [
        reply["choices"] for reply in whole["replies"]
    ]


def test_nothing_says_who_or_what_was_told_in_confidence(api, anybody, member):
    conversation = begin(api, intake=False, config={"system": "My name is Mina"})
    fail(ask(api, conversation, message="Hello"))

    answer = shared(anybody, share(api, conversation)["token"])

    text = answer.content.decode()
    for secret in (str(member.id), member.email, member.nickname, "Mina", "The model failed"):
        assert secret not in text
    hidden = {"system", "pinned", "archived", "usage", "error", "attempt", "queue_position"}
    assert not names(answer.json()) & (hidden | {"retry_at", "member"})
    assert answer.json()["replies"][0]["status"] == "failed"


def test_nobody_keeps_a_copy_that_cannot_be_taken_back(api, anybody):
    answer = shared(anybody, share(api, begin(api))["token"])

    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"


def test_the_link_is_the_clients_page(api, settings):
    conversation = begin(api)
    token = share(api, conversation)["token"]
    assert share(api, conversation)["url"] == f"http://testserver/shared/{token}"

    settings.FRONTEND_ORIGINS = ["https://chat.example.com", "https://other.example.com"]

    assert share(api, conversation)["url"] == f"https://chat.example.com/shared/{token}"


def test_sharing_twice_gives_the_same_link_and_each_conversation_its_own(api):
    one, two = begin(api), begin(api)

    assert share(api, one) == share(api, one)
    assert share(api, one)["token"] != share(api, two)["token"]
    assert len(share(api, one)["token"]) >= 32


def test_what_is_said_later_can_be_read_too(api, anybody):
    conversation = begin(api, intake=False)
    token = share(api, conversation)["token"]

    exchange(api, conversation, "Hello", "Hi!")

    assert shared(anybody, token).json()["prompts"][0]["answer"] == "Hello"


def test_an_ended_sharing_leads_nowhere_also_when_it_is_shared_again(api, anybody):
    conversation = begin(api)
    token = share(api, conversation)["token"]

    answer = api.delete(f"{PATH}/{conversation['id']}/share")

    assert (answer.status_code, answer.content) == (204, b"")
    refused(shared(anybody, token), 404, "not_found")
    assert api.delete(f"{PATH}/{conversation['id']}/share").status_code == 204
    assert share(api, conversation)["token"] != token
    refused(shared(anybody, token), 404, "not_found")


def test_a_deleted_conversation_leads_nowhere(api, anybody):
    conversation = begin(api)
    token = share(api, conversation)["token"]
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")

    refused(shared(anybody, token), 404, "not_found")


def test_a_conversation_of_a_member_who_was_shut_out_leads_nowhere(api, anybody, member):
    token = share(api, begin(api))["token"]
    member.is_active = False
    member.save()

    refused(shared(anybody, token), 404, "not_found")


@pytest.mark.parametrize(
    "token", ["x", "None", "null", "a" * 5000, "%00", "말", "a%2Fb", "..", "'", "%F0%9F%98%80"]
)
def test_a_token_that_is_none_leads_nowhere(api, anybody, token):
    begin(api)

    refused(shared(anybody, token), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "delete"])
def test_another_members_conversation_is_not_theirs_to_share(client_of, api, anybody, method):
    theirs = client_of(make_member())
    conversation = begin(theirs)
    token = share(theirs, conversation)["token"]

    refused(getattr(api, method)(f"{PATH}/{conversation['id']}/share"), 404, "not_found")
    refused(
        getattr(anybody, method)(f"{PATH}/{conversation['id']}/share"), 401, "not_authenticated"
    )

    assert shared(anybody, token).status_code == 200


def test_reading_costs_the_same_whatever_the_length(api, anybody, settings):
    settings.CHAT_DAILY_LIMIT = 100
    short, long = begin(api, intake=False), begin(api, intake=False)
    exchange(api, short, "Hello", "Hi!")
    for number in range(10):
        exchange(api, long, f"Hello {number}", "Hi!", "Hey!")
    tokens = [share(api, conversation)["token"] for conversation in (short, long)]

    few, many = (queries(lambda token=token: shared(anybody, token)) for token in tokens)

    assert few == many


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)
