"""Which of what came before the model is told: within the bound of length, and when going on."""

import pytest
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
from support.talking import complete, fail

from api.errors import FieldError
from chat.models import Conversation, Reply
from chat.replies.accept import ReplyInProgress

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


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
