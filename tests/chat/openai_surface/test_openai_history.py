"""What the caller sends along is stored as a conversation, and told to the model again."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.openai_surface.asking import (
    completion,
    conversation_of,
    counts,
    resource,
    response,
    told,
)
from support.openai_surface.messages import assistant, system, user
from support.talking import ask as ask_on
from support.talking import claim, complete, detail

from chat.exchange import wire_format
from chat.limits import daily_limit
from chat.limits.daily_limit import DailyLimitReached
from chat.models import Conversation, QuotaSlot, Reply
from chat.openai_surface.errors import ModelNotOffered
from chat.openai_surface.requests import history
from chat.replies import accept
from chat.replies.accept import KeyReused, QueueFull

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


# Where messages stand

MESSAGES = st.lists(
    st.sampled_from([user("a"), user("b"), assistant("c"), assistant("d"), system("e")]),
    max_size=8,
)


def flattened(placed):
    for turn in placed.imported:
        yield from turn.preceding
        yield user(turn.message)
        yield assistant(turn.answer)
    yield from placed.preceding
    yield user(placed.message)


@pytest.mark.django_db(databases=[])
@given(messages=MESSAGES)
def test_every_message_has_its_place_once_and_in_order(messages):
    messages = [*messages, user("last")]

    assert list(flattened(history.of(messages))) == messages


def test_turns_are_what_an_answer_follows():
    placed = history.of([user("a"), assistant("b"), assistant("c"), user("d"), user("e")])

    assert [(turn.message, turn.answer) for turn in placed.imported] == [("a", "b")]
    assert placed.preceding == [assistant("c"), user("d")]
    assert placed.message == "e"


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_the_model_is_told_exactly_what_was_sent(member, settings, length):
    settings.CHAT_DAILY_LIMIT = 1000
    kinds = (user("a"), assistant("b"), system("c"), system("d", "developer"))

    for messages in itertools.product(kinds, repeat=length):
        sent = [*messages, user("last")]
        assert told(completion(member, *sent)) == sent


def test_the_model_is_told_exactly_the_input_of_a_response(member):
    sent = [system("a", "developer"), user("b"), user("c"), assistant(""), user("d")]

    assert told(response(member, sent, instructions="Be kind.")) == [system("Be kind."), *sent]


def test_an_empty_system_message_is_told_too(member):
    sent = [system(""), user("a")]

    assert told(completion(member, *sent)) == sent


# What is stored


def test_the_history_is_an_ordinary_conversation(member, api):
    reply = completion(
        member, system("Be kind."), user("One"), assistant("First"), user("Two"), temperature=0.5
    )

    found = detail(api, conversation_of(reply))
    assert found["title"] == "One"
    assert found["config"]["system"] == "Be kind."
    assert [prompt["answer"] for prompt in found["prompts"]] == ["One", "Two"]
    assert [prompt["position"] for prompt in found["prompts"]] == [0, 1]
    first, second = found["replies"]
    assert (first["status"], first["attempt"], first["usage"]) == ("completed", 0, None)
    assert [choice["content"] for choice in first["choices"]] == ["First"]
    assert found["prompts"][1]["parent"] == first["choices"][0]["id"]
    assert (second["id"], second["status"]) == (str(reply.id), "queued")
    assert second["config"]["temperature"] == 0.5
    [listed] = api.get("/api/v1/conversations", {"q": "First"}).json()["results"]
    assert listed["last_reply"]["id"] == str(reply.id)


def test_what_is_said_in_the_conversation_later_follows(member, api):
    reply = completion(member, user("a"), user("b"), assistant("c"), system("d"), user("e"))
    complete(resource(reply), "f")

    later = ask_on(api, conversation_of(reply), message="g")

    sent = [user("a"), user("b"), assistant("c"), system("d"), user("e")]
    assert told(Reply.objects.get(id=later["id"])) == [*sent, assistant("f"), user("g")]
    assert later["config"]["stream"] is True


def test_the_history_counts_once_to_the_daily_limit(member):
    completion(member, user("One"), assistant("First"), user("Two"), assistant("2"), user("Three"))

    assert QuotaSlot.objects.count() == 1
    assert daily_limit.state(member=member).used == 1


def test_nobody_is_told_of_turns_that_were_given(
    member, monkeypatch, django_capture_on_commit_callbacks
):
    heard = []
    monkeypatch.setattr(
        accept.publisher, "reply_accepted", lambda reply, **told: heard.append(reply)
    )

    with django_capture_on_commit_callbacks(execute=True):
        reply = completion(member, user("One"), assistant("First"), user("Two"))

    assert heard == [reply]


def test_a_turn_that_was_given_has_no_exchange_with_the_model(member, api):
    reply = completion(member, user("One"), assistant("First"), user("Two"))
    given = Reply.objects.exclude(id=reply.id).get()

    assert given.extra == {"given": True}
    assert wire_format.rebuilt_response(given, given.choices.all()) is None
    assert api.get(f"/api/v1/replies/{given.id}/exchange").status_code == 200


def test_a_turn_that_was_given_may_be_asked_anew(member, api):
    reply = completion(member, system("x"), user("a"), user("b"), assistant("c"), user("d"))
    complete(resource(reply), "e")
    given = Reply.objects.exclude(id=reply.id).get()

    again = api.post(f"/api/v1/replies/{given.id}/regenerate").json()

    assert told(Reply.objects.get(id=again["id"])) == [system("x"), user("a"), user("b")]


def test_two_thousand_messages_are_stored_at_once(member, django_assert_max_num_queries):
    sent = [user("a"), assistant("b")] * 1023 + [user("c")]

    with django_assert_max_num_queries(25):
        reply = completion(member, *sent)

    assert told(reply) == sent


# Refusing leaves nothing behind


def test_after_a_refusal_nothing_is_stored(member, settings):
    settings.CHAT_DAILY_LIMIT = 1
    completion(member, user("Hello"))
    before = counts()
    history_too = (user("One"), assistant("First"), user("Two"))

    with pytest.raises(DailyLimitReached):
        completion(member, *history_too)
    with pytest.raises(ModelNotOffered):
        completion(member, *history_too, model="other")
    settings.CHAT_DAILY_LIMIT, settings.CHAT_QUEUE_MAX = 5, 0
    with pytest.raises(QueueFull):
        completion(member, *history_too)

    assert counts() == before
    settings.CHAT_QUEUE_MAX = 10
    completion(member, *history_too)
    assert daily_limit.state(member=member).used == 2


def test_the_same_key_gives_the_same_reply_and_no_second_conversation(member):
    sent = (user("One"), assistant("First"), user("Two"))
    first = completion(member, *sent, key="k")
    before = counts()

    assert completion(member, *sent, key="k") == first
    with pytest.raises(KeyReused):
        completion(member, user("Else"), key="k")

    assert counts() == before


def test_the_same_key_at_the_same_moment_gives_one_conversation(transactional_db, member):
    from support.racing import at_once_up_to_writing

    def call():
        return completion(member, user("One"), assistant("First"), user("Two"), key="k")

    # Afterwards Redis knows the member's slots: else two of them may wait for each other's slot.
    completion(member, user("Before"))
    made = at_once_up_to_writing("chat_conversation", [call] * 4)

    assert len({reply.id for reply in made}) == 1
    assert Conversation.objects.count() == QuotaSlot.objects.count() == 2


def test_what_the_caller_said_survives_the_answer(member):
    reply = response(member, metadata={"a": "b"}, background=True)
    complete(resource(reply), "Hi")

    extra = Reply.objects.get(id=reply.id).request_extra
    assert (extra["metadata"], extra["background"]) == ({"a": "b"}, True)


def test_a_system_text_of_a_developer_can_be_changed_later(member, api):
    reply = completion(member, system("Be kind.", "developer"), user("One"))
    claim(resource(reply))
    path = f"/api/v1/conversations/{reply.conversation_id}"

    api.patch(path, {"config": {"system": "Be brief."}}, format="json")

    config = Conversation.objects.get(id=reply.conversation_id).config
    assert (config.system, config.system_role) == ("Be brief.", "developer")
