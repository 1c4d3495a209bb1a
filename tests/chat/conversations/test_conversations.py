"""Beginning a conversation, and reading one."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.people import make_member
from support.refusals import refused
from support.talking import begin, detail, exchange

from chat.models import ChatConfig, Conversation

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"
FIELDS = {
    "id",
    "title",
    "config",
    "pinned",
    "archived",
    "created_at",
    "updated_at",
    "prompts",
    "replies",
}


def test_a_conversation_begins_with_the_intake(api):
    answer = api.post(PATH, {}, format="json")

    assert answer.status_code == 201
    conversation = answer.json()
    assert answer["Location"] == f"{PATH}/{conversation['id']}"
    assert set(conversation) == FIELDS
    kinds = [prompt["kind"] for prompt in conversation["prompts"]]
    assert kinds == ["current_state", "goal", "misc"]
    assert [prompt["position"] for prompt in conversation["prompts"]] == [0, 1, 2]
    assert all(prompt["prompt"] for prompt in conversation["prompts"])
    assert all(prompt["answer"] is None for prompt in conversation["prompts"])
    assert conversation["replies"] == []


def test_the_intake_can_be_left_out(api):
    assert begin(api, intake=False)["prompts"] == []


@pytest.mark.parametrize(
    ("accepts", "first_question"),
    [
        ("ko", "지금 어떤 상황에 계신가요?"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "지금 어떤 상황에 계신가요?"),
        ("en-GB", "Where do you stand right now?"),
        ("fr,ko;q=0.5", "지금 어떤 상황에 계신가요?"),
        ("fr", "Where do you stand right now?"),
        ("", "Where do you stand right now?"),
        ("*", "Where do you stand right now?"),
        (";;;q=x", "Where do you stand right now?"),
    ],
)
def test_the_questions_come_in_the_members_language(api, accepts, first_question):
    conversation = begin(api, {"Accept-Language": accepts})

    assert conversation["prompts"][0]["prompt"] == first_question


def test_the_questions_stay_as_they_were_asked(api):
    conversation = begin(api, {"Accept-Language": "ko"})
    path = f"{PATH}/{conversation['id']}"

    seen = api.get(path, headers={"Accept-Language": "en"}).json()

    assert seen["prompts"] == conversation["prompts"]


def test_a_config_is_kept_and_what_is_left_out_is_null(api):
    conversation = begin(api, config={"model": "other-model", "temperature": 0, "n": 4})

    assert conversation["config"] == {
        "model": "other-model",
        "temperature": 0,
        "stream": True,
        "max_tokens": None,
        "n": 4,
        "system": None,
    }


def test_the_default_model_is_asked_when_none_is_named(api):
    assert begin(api)["config"]["model"] == "test-model"


def test_a_model_that_is_not_offered_is_named_and_nothing_is_stored(api):
    answer = api.post(PATH, {"config": {"model": "gpt-9"}}, format="json")

    refused(answer, 400, "invalid", "config.model")
    assert not Conversation.objects.exists()
    assert not ChatConfig.objects.exists()


@pytest.mark.parametrize("ends", [{"temperature": 2}, {"max_tokens": 1}, {"n": 1}, {"n": None}])
def test_the_ends_of_the_bounds_are_within(api, ends):
    assert begin(api, config=ends)["config"] | ends == begin(api, config=ends)["config"]


def test_the_detail_is_what_beginning_gave(api):
    conversation = begin(api, title="Learning Go")

    assert detail(api, conversation) == conversation
    assert conversation["title"] == "Learning Go"


def test_the_detail_shows_every_turn(api):
    conversation = begin(api, intake=False)
    first, (choice,) = exchange(api, conversation, "Hello", "Hi!")
    exchange(api, conversation, "How are you?", "Fine.")

    seen = detail(api, conversation)

    assert [prompt["answer"] for prompt in seen["prompts"]] == ["Hello", "How are you?"]
    assert [prompt["parent"] for prompt in seen["prompts"]] == [None, choice]
    assert [reply["status"] for reply in seen["replies"]] == ["completed", "completed"]
    assert seen["replies"][0]["id"] == first["id"]
    assert seen["replies"][0]["choices"] == [
        {
            "id": choice,
            "index": 0,
            "role": "assistant",
            "content": "Hi!",
            "finish_reason": "stop",
        }
    ]


def test_the_detail_costs_the_same_whatever_its_length(api, settings):
    settings.CHAT_DAILY_LIMIT = 100
    short, long = begin(api, intake=False), begin(api, intake=False)
    exchange(api, short, "Hello", "Hi!")
    for number in range(30):
        exchange(api, long, f"Hello {number}", "Hi!", "Hey!")

    assert queries(lambda: detail(api, short)) == queries(lambda: detail(api, long))


def test_another_members_conversation_is_not_there(client_of, api):
    conversation = begin(client_of(make_member()))

    refused(api.get(f"{PATH}/{conversation['id']}"), 404, "not_found")


def test_a_deleted_conversation_is_not_there(api):
    conversation = begin(api)
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")

    refused(api.get(f"{PATH}/{conversation['id']}"), 404, "not_found")


@pytest.mark.parametrize("wrong", ["x", "5", str(uuid.UUID(int=1))[:-1], "%00", "NaN", "../me"])
def test_an_id_that_is_no_uuid_is_not_there(api, wrong):
    refused(api.get(f"{PATH}/{wrong}"), 404, "not_found")


def test_an_id_that_never_was_is_not_there(api):
    refused(api.get(f"{PATH}/{uuid.uuid4()}"), 404, "not_found")


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)
