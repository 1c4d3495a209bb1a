"""The same key gives the same reply, however often and from however many threads at once."""

import pytest
from support.people import make_member
from support.racing import at_once
from support.refusals import refused
from support.talking import INTAKE, ask, begin, complete, exchange, post_reply, tell

from chat.models import Prompt, QuotaSlot, Reply

KEY = {"Idempotency-Key": "order 66 ~"}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


def counts():
    return Reply.objects.count(), Prompt.objects.count(), QuotaSlot.objects.count()


def test_a_repeated_key_gives_the_same_reply(api):
    conversation = begin(api, intake=False)
    first = post_reply(api, conversation, KEY, message="Hello")

    again = post_reply(api, conversation, KEY, message="Hello")

    assert again.status_code == 202
    assert again["Location"] == first["Location"]
    assert again.json() == first.json()
    assert counts() == (1, 1, 1)


def test_the_reply_is_given_as_it_is_by_then(api):
    conversation = begin(api, intake=False)
    complete(ask(api, conversation, KEY, message="Hello"), "Hi!")

    again = ask(api, conversation, KEY, message="Hello")

    assert again["status"] == "completed"
    assert again["choices"][0]["content"] == "Hi!"


def test_what_was_said_in_between_does_not_matter(api):
    conversation = begin(api, intake=False)
    first = ask(api, conversation, KEY, message="Hello")
    complete(first, "Hi!")
    exchange(api, conversation, "And now?", "Go on")

    assert ask(api, conversation, KEY, message="Hello")["id"] == first["id"]


def test_spaces_and_the_order_of_fields_make_no_other_body(api):
    conversation = begin(api, intake=False)
    path = f"/api/v1/conversations/{conversation['id']}/replies"
    bodies = (
        '{"message":"Hi","config":{"n":1,"stream":false}}',
        '{ "config": {"stream": false, "n": 1},\n "message": "\\u0048i" }',
    )

    first, again = (
        api.post(path, body, content_type="application/json", headers=KEY) for body in bodies
    )

    assert first.status_code == again.status_code == 202
    assert first["Location"] == again["Location"]


@pytest.mark.parametrize(
    "other",
    [
        {"message": "Hello!"},
        {"message": "Hello", "config": {"n": 1}},
        {"message": "Hello", "after": None},
    ],
    ids=str,
)
def test_another_body_is_refused(api, other):
    conversation = begin(api, intake=False)
    ask(api, conversation, KEY, message="Hello")

    refused(post_reply(api, conversation, KEY, **other), 422, "idempotency_key_reused")

    assert counts() == (1, 1, 1)


def test_another_conversation_is_refused(api):
    ask(api, begin(api, intake=False), KEY, message="Hello")

    answer = post_reply(api, begin(api, intake=False), KEY, message="Hello")

    refused(answer, 422, "idempotency_key_reused")
    assert counts() == (1, 1, 1)


def test_regenerating_with_the_key_of_a_message_is_refused(api):
    conversation = begin(api, intake=False)
    reply = ask(api, conversation, KEY, message="Hello")
    complete(reply, "Hi!")

    answer = api.post(f"/api/v1/replies/{reply['id']}/regenerate", headers=KEY)

    refused(answer, 422, "idempotency_key_reused")


def test_regenerating_twice_with_a_key_makes_one_reply(api):
    conversation = begin(api, intake=False)
    reply, _ = exchange(api, conversation, "Hello", "Hi!")
    path = f"/api/v1/replies/{reply['id']}/regenerate"

    first, again = (api.post(path, headers=KEY) for _ in range(2))

    assert first["Location"] == again["Location"]
    assert counts() == (2, 1, 2)


def test_members_do_not_share_their_keys(api, client_of):
    other = client_of(make_member())

    mine = ask(api, begin(api, intake=False), KEY, message="Hello")
    theirs = ask(other, begin(other, intake=False), KEY, message="Hello")

    assert mine["id"] != theirs["id"]


def test_a_request_that_was_refused_leaves_its_key_free(api, settings):
    conversation = begin(api, intake=False)
    settings.CHAT_DAILY_LIMIT = 0
    refused(post_reply(api, conversation, KEY, message="Hello"), 429, "daily_limit_reached")
    settings.CHAT_DAILY_LIMIT = 5

    assert post_reply(api, conversation, KEY, message="Something else").status_code == 202


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_reply(api):
    conversation = begin(api, intake=False)

    answers = at_once([lambda: post_reply(api, conversation, KEY, message="Hello")] * 12)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer["Location"] for answer in answers}) == 1
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert counts() == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_the_intake_make_one_reply(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)

    answers = at_once([lambda: post_reply(api, conversation, KEY)] * 8)

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer["Location"] for answer in answers}) == 1
    assert counts() == (1, 3, 1)


@pytest.mark.django_db(transaction=True)
def test_one_key_for_many_conversations_at_once_makes_one_reply(api, redis):
    conversations = [begin(api, intake=False) for _ in range(8)]

    answers = at_once(
        [
            lambda conversation=conversation: post_reply(api, conversation, KEY, message="Hello")
            for conversation in conversations
        ]
    )

    accepted = [answer for answer in answers if answer.status_code == 202]
    assert len(accepted) == 1
    for answer in answers:
        if answer is not accepted[0]:
            refused(answer, 422, "idempotency_key_reused")
    assert counts() == (1, 1, 1)
    # The refused ones gave back what they took: four of the day's five are left. (What Redis says
    # meanwhile may lag behind the table, which has the last word either way.)
    later = [post_reply(api, begin(api, intake=False), message="Hello") for _ in range(5)]
    assert [answer.status_code for answer in later] == [202] * 4 + [429]


@pytest.mark.django_db(transaction=True)
def test_without_a_key_one_of_many_at_once_is_accepted(api):
    conversation = begin(api, intake=False)

    answers = at_once([lambda: post_reply(api, conversation, message="Hello")] * 8)

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202] + [409] * 7
    assert counts() == (1, 1, 1)
