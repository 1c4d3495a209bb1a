"""What the model is told."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.talking import INTAKE, ask, begin, claim, complete, exchange, fail, tell

from chat.exchange import context
from chat.models import Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _many_requests(settings):
    settings.CHAT_DAILY_LIMIT = 1000


def told(reply):
    return context.of(stored(reply))


def stored(reply):
    return Reply.objects.select_related("config", "prompt").get(id=reply["id"])


def texts(reply):
    return [message["content"] for message in told(reply).messages]


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def test_a_first_message_is_all(api):
    reply = ask(api, begin(api, intake=False), message="Hello")

    assert told(reply).messages == [user("Hello")]
    assert told(reply).start is None


def test_the_intake_is_told_as_questions_and_answers(api):
    conversation = begin(api, config={"system": "Be kind."})
    tell(api, conversation, **INTAKE)
    complete(ask(api, conversation), "Start here")
    reply = ask(api, conversation, message="And then?")

    questions = [prompt["prompt"] for prompt in conversation["prompts"]]
    assert told(reply).messages == [
        {"role": "system", "content": "Be kind."},
        assistant(questions[0]),
        user("I know nothing"),
        assistant(questions[1]),
        user("Learn Go"),
        assistant(questions[2]),
        user("Be brief"),
        assistant("Start here"),
        user("And then?"),
    ]


def test_the_intake_alone_ends_with_its_last_answer(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)

    assert told(ask(api, conversation)).messages[-1] == user("Be brief")
    assert len(told({"id": Reply.objects.get().id}).messages) == 6


def test_of_a_skipped_intake_only_what_was_answered_is_told(api):
    conversation = begin(api)
    tell(api, conversation, goal="Learn Go")

    reply = ask(api, conversation, message="Hello")

    assert told(reply).messages == [
        assistant(conversation["prompts"][1]["prompt"]),
        user("Learn Go"),
        user("Hello"),
    ]


def test_the_turns_come_in_order(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "One", "First")
    exchange(api, conversation, "Two", "Second")

    reply = ask(api, conversation, message="Three")

    assert texts(reply) == ["One", "First", "Two", "Second", "Three"]
    roles = [message["role"] for message in told(reply).messages]
    assert roles == ["user", "assistant", "user", "assistant", "user"]


def test_other_branches_are_not_told(api):
    conversation = begin(api, intake=False)
    _, choices = exchange(api, conversation, "One", "First", "Another first")
    exchange(api, conversation, "Two", "Second")

    edited = ask(api, conversation, message="Two, again", after=choices[1])
    assert texts(edited) == ["One", "Another first", "Two, again"]
    complete(edited, "Third")

    fresh = ask(api, conversation, message="From the start", after=None)
    assert texts(fresh) == ["From the start"]


def test_a_regenerated_answer_is_not_told_what_it_replaces(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "One", "First")
    second, _ = exchange(api, conversation, "Two", "Second")

    again = api.post(f"/api/v1/replies/{second['id']}/regenerate").json()

    assert texts(again) == ["One", "First", "Two"]
    complete(again, "Second, better")
    assert texts(ask(api, conversation, message="Three"))[-2:] == ["Second, better", "Three"]


def test_a_message_whose_reply_failed_is_not_sent_on(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "One", "First")
    fail(ask(api, conversation, message="Lost"))

    assert texts(ask(api, conversation, message="Two")) == ["One", "First", "Two"]


def test_a_failed_first_message_is_not_sent_on_either(api):
    conversation = begin(api, intake=False)
    fail(ask(api, conversation, message="Lost"))

    assert texts(ask(api, conversation, message="One")) == ["One"]


def test_a_cancelled_answer_with_text_is_sent_on(api):
    conversation = begin(api, intake=False)
    claimed = claim(ask(api, conversation, message="One"))
    lifecycle.cancel_running(claimed, Outcome(choices=[ChoiceParts(index=0, content="Fir")]))

    assert texts(ask(api, conversation, message="Two")) == ["One", "Fir", "Two"]


def test_a_cancelled_answer_without_text_is_passed_over(api):
    conversation = begin(api, intake=False)
    lifecycle.cancel_queued(ask(api, conversation, message="One")["id"])

    assert texts(ask(api, conversation, message="Two")) == ["Two"]


def test_the_oldest_turns_are_left_out_when_all_would_be_too_long(api, settings):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "a" * 10, "b" * 10)
    second, _ = exchange(api, conversation, "c" * 10, "d" * 10)
    reply = ask(api, conversation, message="e" * 10)

    settings.CHAT_CONTEXT_MAX_CHARS = 50
    assert texts(reply) == ["a" * 10, "b" * 10, "c" * 10, "d" * 10, "e" * 10]
    assert told(reply).start is None

    for size in (49, 30):
        settings.CHAT_CONTEXT_MAX_CHARS = size
        assert texts(reply) == ["c" * 10, "d" * 10, "e" * 10]
        assert str(told(reply).start) == second["prompt"]

    settings.CHAT_CONTEXT_MAX_CHARS = 29
    assert texts(reply) == ["e" * 10]
    assert str(told(reply).start) == reply["prompt"]


def test_characters_are_counted_and_not_bytes(api, settings):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "가" * 10, "나" * 10)
    settings.CHAT_CONTEXT_MAX_CHARS = 30

    assert len(texts(ask(api, conversation, message="다" * 10))) == 3


def test_the_system_text_and_the_intake_are_always_told(api, settings):
    conversation = begin(api, config={"system": "Be kind."})
    tell(api, conversation, **INTAKE)
    complete(ask(api, conversation), "b" * 100)
    exchange(api, conversation, "c" * 100, "d" * 100)
    reply = ask(api, conversation, message="e" * 100)
    head = texts(reply)[:7]

    settings.CHAT_CONTEXT_MAX_CHARS = sum(map(len, head)) + 300
    assert texts(reply) == [*head, "c" * 100, "d" * 100, "e" * 100]

    for size in (sum(map(len, head)) + 299, 1):
        settings.CHAT_CONTEXT_MAX_CHARS = size
        assert texts(reply) == [*head, "e" * 100]
        assert str(told(reply).start) == reply["prompt"]


def test_what_was_sent_is_told_again_whatever_the_setting_is_by_now(api, settings):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "a" * 10, "b" * 10)
    exchange(api, conversation, "c" * 10, "d" * 10)
    reply = ask(api, conversation, message="e" * 10)
    settings.CHAT_CONTEXT_MAX_CHARS = 30
    sent = told(reply)
    done = [ChoiceParts(index=0, content="f", finish_reason="stop")]
    lifecycle.complete(claim(reply), Outcome(choices=done, context_start=sent.start))

    for size in (1, 30, 200_000):
        settings.CHAT_CONTEXT_MAX_CHARS = size
        assert told(reply) == sent


def test_what_was_sent_whole_stays_whole_when_the_setting_shrinks(api, settings):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "a" * 10, "b" * 10)
    reply, _ = exchange(api, conversation, "c" * 10, "d" * 10)
    sent = told(reply)

    settings.CHAT_CONTEXT_MAX_CHARS = 1

    assert told(reply) == sent
    assert len(sent.messages) == 3


def test_later_turns_do_not_change_what_was_told(api):
    conversation = begin(api, intake=False)
    reply, _ = exchange(api, conversation, "One", "First")
    exchange(api, conversation, "Two", "Second")

    assert texts(reply) == ["One"]


def test_the_cost_does_not_grow_with_the_conversation(api):
    conversation = begin(api, intake=False)
    first, _ = exchange(api, conversation, "One", "First")
    for number in range(20):
        exchange(api, conversation, f"Turn {number}", "Yes")
    last = ask(api, conversation, message="Last")

    assert len(texts(last)) == 43
    assert queries(stored(first)) == queries(stored(last)) == 2


def test_no_table_is_read_whole_by_a_plan_that_was_made_while_it_was_small(api):
    with connection.cursor() as cursor:
        # As on a first start: without statistics that autovacuum took of other tests' rows.
        cursor.execute("TRUNCATE chat_conversation CASCADE")
    reply = ask(api, begin(api, intake=False), message="Hello")
    with CaptureQueriesContext(connection) as captured:
        context.of(stored(reply))

    walk = captured[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {walk}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "chat_prompt_pkey" in plan
    assert "Seq Scan" not in plan


def queries(reply):
    with CaptureQueriesContext(connection) as captured:
        context.of(reply)
    return len(captured)
