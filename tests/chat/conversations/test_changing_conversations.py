"""Renaming, pinning, archiving and setting a conversation anew."""

import pytest
from support.people import make_member
from support.refusals import refused
from support.talking import ask, begin, complete, detail, exchange

from chat.events import publisher
from chat.models import ChatConfig, Conversation, Reply

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"


def patch(api, conversation, **fields):
    return api.patch(f"{PATH}/{conversation['id']}", fields, format="json")


def change(api, conversation, **fields):
    answer = patch(api, conversation, **fields)
    assert answer.status_code == 200, answer.content
    return answer.json()


def listed(api, **query):
    return [row["id"] for row in api.get(PATH, query).json()["results"]]


@pytest.fixture
def told(monkeypatch):
    """The events that would have gone to the sockets."""
    sent = []
    monkeypatch.setattr(publisher, "publish", sent.extend)
    return sent


def test_the_answer_is_the_conversation_as_it_is_now(api):
    conversation = begin(api)

    changed = change(api, conversation, title="Learning Go", pinned=True, archived=True)

    assert changed == detail(api, conversation)
    assert changed["title"] == "Learning Go"
    assert changed["pinned"] is True
    assert changed["archived"] is True
    assert changed["updated_at"] > conversation["updated_at"]


def test_only_what_is_given_changes(api):
    conversation = change(api, begin(api, title="Go"), pinned=True)

    changed = change(api, conversation, archived=True)

    assert changed == conversation | {"archived": True, "updated_at": changed["updated_at"]}


@pytest.mark.parametrize(
    "fields", [{}, {"title": "Go"}, {"pinned": False}, {"config": {}}, {"config": {"n": 2}}]
)
def test_what_changes_nothing_is_no_change(api, told, django_capture_on_commit_callbacks, fields):
    conversation = begin(api, title="Go", config={"n": 2})

    with django_capture_on_commit_callbacks(execute=True):
        assert change(api, conversation, **fields) == conversation
    assert told == []
    assert ChatConfig.objects.count() == 1


def test_a_renamed_conversation_keeps_its_place_in_the_list(api):
    old, new = begin(api, intake=False), begin(api, intake=False)

    change(api, old, title="Old", config={"temperature": 1})

    assert listed(api) == [new["id"], old["id"]]


def test_a_pinned_one_goes_to_the_top_and_an_archived_one_away(api):
    old, new = begin(api, intake=False), begin(api, intake=False)

    change(api, old, pinned=True)
    assert listed(api) == [old["id"], new["id"]]

    change(api, new, archived=True)
    assert listed(api) == [old["id"]]
    assert listed(api, archived="true") == [new["id"]]


def test_a_title_that_the_member_wrote_is_not_replaced(api):
    conversation = begin(api)
    change(api, conversation, title="Mine")

    goal = conversation["prompts"][1]
    api.patch(f"{PATH}/{conversation['id']}/prompts/{goal['id']}", {"answer": "Go"}, format="json")

    assert detail(api, conversation)["title"] == "Mine"


def test_a_config_holds_for_the_replies_that_follow(api):
    conversation = begin(api, intake=False, config={"temperature": 0.5, "system": "Be brief"})
    before, _ = exchange(api, conversation, "Hello", "Hi!")

    changed = change(api, conversation, config={"temperature": None, "n": 2})

    config = {"temperature": None, "n": 2}
    assert changed["config"] == conversation["config"] | config
    assert api.get(f"/api/v1/replies/{before['id']}").json()["config"] == conversation["config"]
    assert ask(api, conversation, message="And now?")["config"] == changed["config"]
    assert ChatConfig.objects.count() == 2


def test_a_running_reply_keeps_its_config(api):
    conversation = begin(api, intake=False)
    reply = ask(api, conversation, message="Hello")

    change(api, conversation, config={"model": "other-model"})
    complete(reply, "Hi!")

    assert Reply.objects.get().config.model == "test-model"


def test_a_model_that_is_not_offered_is_named_and_nothing_changes(api):
    conversation = begin(api)

    answer = patch(api, conversation, title="New", config={"model": "gpt-9"})

    refused(answer, 400, "invalid", "config.model")
    assert detail(api, conversation) == conversation


def test_the_members_sockets_hear_of_it(api, told, django_capture_on_commit_callbacks):
    conversation = begin(api, intake=False)

    with django_capture_on_commit_callbacks(execute=True):
        change(api, conversation, title="Learning Go")

    (event,) = told
    assert event.kind == "conversation.updated"
    assert '"title":"Learning Go"' in event.frame


def test_another_members_conversation_cannot_be_changed(client_of, api):
    conversation = begin(client_of(make_member()), title="Theirs")

    refused(patch(api, conversation, title="Mine"), 404, "not_found")
    refused(patch(api, conversation, title=5), 404, "not_found")
    assert Conversation.objects.get().title == "Theirs"


def test_a_deleted_one_cannot_be_changed(api):
    conversation = begin(api)
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")

    refused(patch(api, conversation, title="New"), 404, "not_found")
