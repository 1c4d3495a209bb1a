"""The three questions: answered, changed, asked with, skipped."""

import uuid

import pytest
from support.people import make_member
from support.refusals import refused
from support.talking import INTAKE, ask, begin, complete, detail, exchange, fail, post_reply, tell

from chat.models import Prompt, QuotaSlot, Reply

pytestmark = pytest.mark.django_db


def change(api, conversation, kind, answer):
    prompt = next(prompt for prompt in conversation["prompts"] if prompt["kind"] == kind)
    path = f"/api/v1/conversations/{conversation['id']}/prompts/{prompt['id']}"
    return api.patch(path, {"answer": answer}, format="json")


def answers(api, conversation):
    return [prompt["answer"] for prompt in detail(api, conversation)["prompts"]]


def test_an_answer_is_stored_as_it_came(api):
    conversation = begin(api)

    answer = change(api, conversation, "goal", "  Learn Go \n quickly")

    assert answer.status_code == 200
    assert answer.json() == conversation["prompts"][1] | {"answer": "  Learn Go \n quickly"}
    assert answers(api, conversation) == [None, "  Learn Go \n quickly", None]


def test_an_answer_can_be_changed_until_a_reply_is_accepted(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)
    assert change(api, conversation, "misc", "Be long").status_code == 200
    ask(api, conversation)

    refused(change(api, conversation, "misc", "Be brief"), 409, "prompt_in_use")

    assert answers(api, conversation)[2] == "Be long"


def test_an_answer_stays_closed_after_its_reply_failed(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)
    fail(ask(api, conversation))

    refused(change(api, conversation, "misc", "Be brief"), 409, "prompt_in_use")


def test_a_first_message_closes_an_open_intake(api):
    conversation = begin(api)
    tell(api, conversation, goal="Learn Go")

    ask(api, conversation, message="Let us just start")

    refused(change(api, conversation, "current_state", "Late"), 409, "prompt_in_use")
    assert answers(api, conversation) == [None, "Learn Go", None, "Let us just start"]


@pytest.mark.parametrize("missing", list(INTAKE))
def test_asking_without_a_message_needs_all_three_answers(api, missing):
    conversation = begin(api)
    tell(api, conversation, **{kind: text for kind, text in INTAKE.items() if kind != missing})

    refused(post_reply(api, conversation), 409, "intake_incomplete")

    assert not Reply.objects.exists()
    assert not QuotaSlot.objects.exists()


def test_with_all_answers_the_intake_is_asked_with(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)

    reply = ask(api, conversation)

    assert reply["prompt"] == conversation["prompts"][2]["id"]
    assert Prompt.objects.count() == 3


def test_asking_with_the_intake_again_is_another_reply_to_it(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)
    first = ask(api, conversation)
    complete(first, "Start here")

    second = ask(api, conversation)

    assert second["prompt"] == first["prompt"]
    assert second["id"] != first["id"]
    assert QuotaSlot.objects.count() == 2


def test_without_an_intake_a_message_is_needed(api):
    conversation = begin(api, intake=False)

    refused(post_reply(api, conversation), 400, "invalid", "message")


def test_the_first_message_after_the_intake_follows_its_answer(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)
    (choice,) = complete(ask(api, conversation), "Start here")

    exchange(api, conversation, "And then?", "Go on")

    assert detail(api, conversation)["prompts"][-1]["parent"] == choice


def test_the_title_is_the_first_line_of_the_goal(api):
    conversation = begin(api)

    tell(api, conversation, goal="\n  Learn   Go \nand more")

    assert detail(api, conversation)["title"] == "Learn Go"


def test_the_title_follows_a_changed_goal(api):
    conversation = begin(api)
    tell(api, conversation, goal="Learn Go")

    tell(api, conversation, goal="Learn Rust")

    assert detail(api, conversation)["title"] == "Learn Rust"


def test_a_chosen_title_stays(api):
    conversation = begin(api, title="My plan")

    tell(api, conversation, **INTAKE)
    ask(api, conversation)

    assert detail(api, conversation)["title"] == "My plan"


def test_without_a_goal_the_first_message_names_the_conversation(api):
    conversation = begin(api)

    ask(api, conversation, message="What is a goroutine?\nIn one line.")

    assert detail(api, conversation)["title"] == "What is a goroutine?"


def test_a_later_message_leaves_the_title(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "First", "One")

    ask(api, conversation, message="Second")

    assert detail(api, conversation)["title"] == "First"


def test_a_long_first_line_is_cut_at_a_word(api):
    conversation = begin(api, intake=False)

    ask(api, conversation, message="word " * 40)

    title = detail(api, conversation)["title"]
    assert title == "word " * 10 + "word…"


def test_a_long_word_is_cut_too(api):
    conversation = begin(api, intake=False)

    ask(api, conversation, message="가" * 100)

    assert detail(api, conversation)["title"] == "가" * 59 + "…"


def test_prompts_of_others_and_of_other_conversations_are_not_there(api, client_of):
    mine, another = begin(api), begin(api)
    foreign = begin(client_of(make_member()))

    for conversation, prompts in [(foreign, foreign), (mine, another), (mine, foreign)]:
        path = f"/api/v1/conversations/{conversation['id']}/prompts/{prompts['prompts'][0]['id']}"
        refused(api.patch(path, {"answer": "x"}, format="json"), 404, "not_found")
    path = f"/api/v1/conversations/{mine['id']}/prompts/{uuid.uuid4()}"
    refused(api.patch(path, {"answer": "x"}, format="json"), 404, "not_found")
    assert not Prompt.objects.exclude(answer=None).exists()


def test_a_message_is_no_question_to_be_answered(api):
    conversation = begin(api, intake=False)
    reply = ask(api, conversation, message="Hello")
    path = f"/api/v1/conversations/{conversation['id']}/prompts/{reply['prompt']}"

    refused(api.patch(path, {"answer": "x"}, format="json"), 409, "prompt_in_use")
