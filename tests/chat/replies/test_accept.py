"""Accepting a request: what it stores, and what it answers."""

import pytest
from support.talking import ask, begin, detail, exchange, fail, post_reply

from chat.models import ChatConfig, Prompt, QuotaSlot, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

FIELDS = {
    "id",
    "conversation",
    "prompt",
    "status",
    "attempt",
    "queue_position",
    "retry_at",
    "config",
    "choices",
    "usage",
    "error",
    "created_at",
    "started_at",
    "finished_at",
}


def test_an_accepted_message_is_queued_and_counted(api):
    conversation = begin(api, intake=False)

    answer = post_reply(api, conversation, message="Hello")

    assert answer.status_code == 202
    reply = answer.json()
    assert set(reply) == FIELDS
    assert answer["Location"] == f"/api/v1/replies/{reply['id']}"
    assert answer["Retry-After"] == "1"
    assert reply["status"] == "queued"
    assert reply["attempt"] == 0
    assert reply["queue_position"] == 1
    assert reply["choices"] == []
    assert QuotaSlot.objects.get().reply_id == Reply.objects.get().id


def test_the_reply_is_found_where_location_says(api):
    answer = post_reply(api, begin(api, intake=False), message="Hello")

    assert api.get(answer["Location"]).json() == answer.json()


def test_a_message_is_stored_to_the_letter(api):
    text = "  Tab\t, line\r\nbreak, 한글 각, 👩‍👩‍👧, \u202eright to left, \x01\x7f\ufeff "
    conversation = begin(api, intake=False)

    ask(api, conversation, message=text)

    assert detail(api, conversation)["prompts"][0]["answer"] == text


def test_the_position_counts_those_who_wait_longer(api):
    first, second = (ask(api, begin(api, intake=False), message="Hello") for _ in range(2))

    assert api.get(f"/api/v1/replies/{first['id']}").json()["queue_position"] == 1
    assert api.get(f"/api/v1/replies/{second['id']}").json()["queue_position"] == 2


def test_a_message_follows_the_last_answer(api):
    conversation = begin(api, intake=False)
    _, choices = exchange(api, conversation, "Hello", "Hi!", "Hey!")

    ask(api, conversation, message="How are you?")

    assert str(Prompt.objects.get(answer="How are you?").parent_id) == choices[0]


def test_a_choice_without_text_is_passed_over(api):
    conversation = begin(api, intake=False)
    _, choices = exchange(api, conversation, "Hello", "", "Hey!")

    ask(api, conversation, message="How are you?")

    assert str(Prompt.objects.get(answer="How are you?").parent_id) == choices[1]


def test_a_message_after_a_failed_one_follows_what_that_followed(api):
    conversation = begin(api, intake=False)
    _, (choice,) = exchange(api, conversation, "Hello", "Hi!")
    fail(ask(api, conversation, message="Lost"))

    reply = ask(api, conversation, message="Again")

    parents = {
        prompt["answer"]: prompt["parent"] for prompt in detail(api, conversation)["prompts"]
    }
    assert parents == {"Hello": None, "Lost": choice, "Again": choice}
    assert detail(api, conversation)["replies"][-1]["id"] == reply["id"]


def test_after_null_hangs_the_message_on_the_root(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "Hello", "Hi!")

    ask(api, conversation, message="Another start", after=None)

    assert Prompt.objects.get(answer="Another start").parent is None


def test_after_names_the_choice_that_the_message_follows(api):
    conversation = begin(api, intake=False)
    _, choices = exchange(api, conversation, "Hello", "Hi!", "Hey!")
    exchange(api, conversation, "How are you?", "Fine")

    ask(api, conversation, message="A branch", after=choices[1])

    assert str(Prompt.objects.get(answer="A branch").parent_id) == choices[1]


def test_the_next_message_goes_on_from_the_branch_that_was_last_asked(api):
    conversation = begin(api, intake=False)
    _, choices = exchange(api, conversation, "Hello", "Hi!", "Hey!")
    exchange(api, conversation, "How are you?", "Fine")
    _, (branched,) = exchange(api, conversation, "A branch", "On it", after=choices[1])

    ask(api, conversation, message="And on")

    assert str(Prompt.objects.get(answer="And on").parent_id) == branched


def test_a_config_given_along_is_for_this_reply_only(api):
    conversation = begin(api, intake=False, config={"temperature": 0.5, "n": 2})

    first, _ = exchange(api, conversation, "Hello", "Hi!", config={"temperature": 2, "n": None})
    second = ask(api, conversation, message="And now?")

    assert first["config"] == conversation["config"] | {"temperature": 2, "n": None}
    assert second["config"] == conversation["config"]
    assert detail(api, conversation)["config"] == conversation["config"]


def test_without_a_config_of_its_own_no_row_is_added(api):
    conversation = begin(api, intake=False)

    exchange(api, conversation, "Hello", "Hi!")
    ask(api, conversation, message="And now?", config={})

    assert ChatConfig.objects.count() == 1


def test_regenerating_asks_the_same_prompt_again(api):
    conversation = begin(api, intake=False)
    first, _ = exchange(api, conversation, "Hello", "Hi!")
    path = f"/api/v1/replies/{first['id']}/regenerate"

    answer = api.post(path, {"config": {"temperature": 1.5}}, format="json")

    assert answer.status_code == 202
    reply = answer.json()
    assert answer["Location"] == f"/api/v1/replies/{reply['id']}"
    assert reply["prompt"] == first["prompt"]
    assert reply["config"]["temperature"] == 1.5
    assert Prompt.objects.count() == 1
    assert QuotaSlot.objects.count() == 2


def test_regenerating_needs_no_body(api):
    first, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")

    assert api.post(f"/api/v1/replies/{first['id']}/regenerate").status_code == 202
