"""What the caller sends along is stored as a conversation, and told to the model again."""

import itertools
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drivers.openai_driver import COMPLETION, RESPONSE
from support.talking import ask as ask_on
from support.talking import claim, complete, detail, fail

from api.errors import FieldError
from chat.exchange import context, wire_format
from chat.limits import daily_limit
from chat.limits.daily_limit import DailyLimitReached
from chat.models import ChatConfig, Choice, Conversation, Prompt, QuotaSlot, Reply
from chat.openai_surface.errors import ModelNotOffered
from chat.openai_surface.requests import asking, history, parsed_request
from chat.replies import accept
from chat.replies.accept import Idempotency, KeyReused, QueueFull, ReplyInProgress

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

MODEL = "test-model"


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text, role="system"):
    return {"role": role, "content": text}


def completion(member, *messages, key=None, **fields):
    body = COMPLETION | {"model": MODEL, "messages": list(messages)} | fields
    return _asked(member, parsed_request.of_completion(body), key)


def response(member, given="Hello", key=None, **fields):
    body = RESPONSE | {"model": MODEL, "input": given} | fields
    return _asked(member, parsed_request.of_response(body), key)


def _asked(member, parsed, key):
    body_hash = sha256(repr(parsed).encode()).hexdigest()
    idempotency = Idempotency(key=key, body_hash=body_hash) if key else None
    return asking.ask(member=member, parsed=parsed, idempotency=idempotency).reply


def resource(reply):
    return {"id": str(reply.id)}


def conversation_of(reply):
    return {"id": str(reply.conversation_id)}


def told(reply):
    return context.of(Reply.objects.select_related("config", "prompt").get(id=reply.id)).messages


def counts():
    models = (Conversation, ChatConfig, Prompt, Reply, Choice, QuotaSlot)
    return [model.objects.count() for model in models]


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


# What is not sent on when all would be too long


def test_messages_before_a_turn_are_left_out_with_it(member, api, settings):
    reply = completion(
        member, user("a" * 10), user("b" * 10), assistant("c" * 10), user("d" * 10), user("e" * 10)
    )
    complete(resource(reply), "f" * 10)
    settings.CHAT_CONTEXT_MAX_CHARS = 69
    later = Reply.objects.get(id=ask_on(api, conversation_of(reply), message="g" * 10)["id"])
    assert [m["content"][0] for m in told(later)] == ["d", "e", "f", "g"]

    settings.CHAT_CONTEXT_MAX_CHARS = 70
    assert [m["content"][0] for m in told(later)] == list("abcdefg")
    settings.CHAT_CONTEXT_MAX_CHARS = 39
    assert [m["content"][0] for m in told(later)] == ["g"]


def test_what_would_be_left_out_is_refused(member, settings):
    settings.CHAT_CONTEXT_MAX_CHARS = 30
    before = counts()
    sent = [system("s" * 5), user("a" * 10), user("b" * 10)]

    with pytest.raises(FieldError) as caught:
        completion(member, *sent, user("c" * 6))
    assert (caught.value.field, caught.value.code) == ("messages", "context_length_exceeded")
    assert counts() == before

    assert len(told(completion(member, *sent, user("c" * 5)))) == 4


def test_a_response_that_goes_on_counts_what_came_before(member, settings):
    first = response(member, [user("a" * 10), assistant("b" * 10), user("c" * 10)])
    complete(resource(first), "d" * 10)
    settings.CHAT_CONTEXT_MAX_CHARS = 50
    previous = f"resp_{first.id.hex}"

    with pytest.raises(FieldError) as caught:
        response(member, "e" * 11, previous_response_id=previous)
    assert (caught.value.field, caught.value.code) == ("input", "context_length_exceeded")

    whole = response(member, "e" * 10, previous_response_id=previous)
    assert [m["content"][0] for m in told(whole)] == list("abcde")


def test_with_truncation_the_oldest_are_left_out(member, settings):
    first = response(member, "a" * 10)
    complete(resource(first), "b" * 10)
    settings.CHAT_CONTEXT_MAX_CHARS = 20

    cut = response(member, "c" * 10, previous_response_id=f"resp_{first.id.hex}", truncation="auto")

    assert [m["content"][0] for m in told(cut)] == ["c"]


# Going on


def test_a_response_goes_on_from_another(member):
    first = response(member, "One", instructions="Be kind.")
    complete(resource(first), "First")

    second = response(
        member,
        [user("Two"), assistant("Second"), user("Three")],
        previous_response_id=f"resp_{first.id.hex}",
    )

    assert second.conversation_id == first.conversation_id
    assert told(second) == [
        user("One"),
        assistant("First"),
        user("Two"),
        assistant("Second"),
        user("Three"),
    ]


def test_two_that_go_on_from_the_same_are_branches(member):
    first = response(member, "One")
    complete(resource(first), "First")
    previous = f"resp_{first.id.hex}"
    complete(resource(response(member, "Two", previous_response_id=previous)), "Second")

    other = response(member, "Two again", previous_response_id=previous)

    assert told(other) == [user("One"), assistant("First"), user("Two again")]


def test_what_cannot_be_gone_on_from_is_refused(member, api):
    from support.people import make_member

    failed = response(member)
    fail(resource(failed))
    waiting = response(member)
    foreign = response(make_member())
    complete(resource(foreign), "Hi")
    chat = completion(member, user("Hello"))
    complete(resource(chat), "Hi")
    gone = response(member)
    complete(resource(gone), "Hi")
    Conversation.objects.filter(id=gone.conversation_id).update(deleted_at=gone.created_at)
    before = counts()

    ids = [f"resp_{reply.id.hex}" for reply in (failed, waiting, foreign, chat, gone)]
    for previous in (*ids, "resp_x", "", "resp_" + "0" * 32, str(foreign.id)):
        with pytest.raises(FieldError) as caught:
            response(member, previous_response_id=previous)
        assert caught.value.field == "previous_response_id"
        assert caught.value.code == "previous_response_not_found"
    assert counts() == before


def test_a_conversation_with_an_open_reply_takes_no_second(member):
    first = response(member)
    complete(resource(first), "Hi")
    previous = f"resp_{first.id.hex}"
    response(member, "Two", previous_response_id=previous)

    with pytest.raises(ReplyInProgress):
        response(member, "Three", previous_response_id=previous)


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
