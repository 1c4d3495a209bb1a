"""Refusing a request: in the order of the contract, and without a trace."""

import uuid

import pytest
from django.conf import settings
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused
from support.sending import send
from support.talking import INTAKE, ask, begin, complete, exchange, fail, post_reply, tell

from accounts.models import Member
from chat import clock
from chat.limits import daily_limit
from chat.models import ChatConfig, Choice, Conversation, Prompt, QuotaSlot, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

KEY = {"Idempotency-Key": "k1"}


def everything():
    """All rows, and the slots that Redis holds for any member today."""
    models = (Conversation, Prompt, ChatConfig, Reply, Choice, QuotaSlot)
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
    return rows | {"redis": redis_slots()}


def redis_slots():
    def read(redis):
        day = daily_limit.day_of(clock.now(), settings.CHAT_QUOTA_TIMEZONE)
        keys = (f"malgil:quota:{member.id}:{day}" for member in Member.objects.order_by("id"))
        return sorted((key, *sorted(redis.smembers(key) - {b"0"})) for key in keys)

    return daily_limit.link.call(read)


@pytest.fixture
def traceless():
    """Call with a request: it must leave everything as it was."""

    def check(request):
        before = everything()
        answer = request()
        assert everything() == before
        return answer

    return check


def limits_of(answer):
    assert answer["RateLimit-Policy"].startswith('"daily";q=')
    assert answer["RateLimit"].startswith('"daily";r=')


# The order of the checks: each request breaks all rules from its own on.


@pytest.fixture
def crowded(api, member, settings):
    """A conversation with a reply in progress, a key that was used, a spent day, a full queue."""
    conversation = begin(api)
    ask(api, conversation, KEY, message="Hello")
    settings.CHAT_QUEUE_MAX = 1
    Member.objects.update(daily_limit=1)
    return conversation


def test_without_a_token_nothing_else_is_looked_at(crowded):
    answer = send(APIClient(), "POST", f"/api/v1/conversations/{uuid.uuid4()}/replies", b"{")

    refused(answer, 401, "not_authenticated")


def test_a_conversation_that_is_not_there_comes_before_a_bad_body(crowded, client_of, traceless):
    stranger = client_of(make_member())
    path = f"/api/v1/conversations/{crowded['id']}/replies"

    for body in (b"{", b"[]", b'{"message": 5}', b"x" * 1_000_001):
        answer = traceless(lambda body=body: send(stranger, "POST", path, body, headers=KEY))
        refused(answer, 404, "not_found")
        limits_of(answer)


def test_a_bad_request_comes_before_a_key_that_was_used(crowded, api, traceless):
    for body in ({"message": ""}, {"message": "x", "after": str(uuid.uuid4())}):
        answer = traceless(lambda body=body: post_reply(api, crowded, KEY, **body))
        refused(answer, 400, "invalid")
        limits_of(answer)


def test_a_key_that_was_used_comes_before_a_conflict(crowded, api, traceless):
    for body in ({"message": "Something else"}, {}):
        answer = traceless(lambda body=body: post_reply(api, crowded, KEY, **body))
        refused(answer, 422, "idempotency_key_reused")
        limits_of(answer)


def test_a_repeated_request_is_answered_in_spite_of_everything(crowded, api, traceless):
    answer = traceless(lambda: post_reply(api, crowded, KEY, message="Hello"))

    assert answer.status_code == 202
    limits_of(answer)


def test_a_reply_in_progress_comes_before_the_limit(crowded, api, traceless):
    answer = traceless(lambda: post_reply(api, crowded, message="Hello again"))

    refused(answer, 409, "reply_in_progress")
    limits_of(answer)


def test_an_incomplete_intake_comes_before_the_limit(crowded, api, traceless):
    conversation = begin(api)

    answer = traceless(lambda: post_reply(api, conversation))

    refused(answer, 409, "intake_incomplete")
    limits_of(answer)


def test_the_limit_comes_before_a_full_queue(crowded, api, traceless):
    conversation = begin(api, intake=False)

    answer = traceless(lambda: post_reply(api, conversation, message="Hello"))

    refused(answer, 429, "daily_limit_reached")
    limits_of(answer)
    assert answer["RateLimit"].startswith('"daily";r=0;t=')
    seconds_left = int(answer["RateLimit"].split("t=")[1])
    assert 0 < seconds_left <= int(answer["Retry-After"]) <= seconds_left + 2


def test_a_full_queue_costs_nothing(crowded, api, traceless):
    Member.objects.update(daily_limit=2)
    conversation = begin(api, intake=False)

    answer = traceless(
        lambda: post_reply(api, conversation, message="Hello", config={"temperature": 1})
    )

    refused(answer, 503, "queue_full")
    assert int(answer["Retry-After"]) > 0
    assert answer["RateLimit"].startswith('"daily";r=1;t=')


def test_a_queue_that_is_no_longer_full_accepts_again(crowded, api):
    Member.objects.update(daily_limit=2)
    conversation = begin(api, intake=False)
    refused(post_reply(api, conversation, message="Hello"), 503, "queue_full")
    complete({"id": Reply.objects.get().id}, "Hi!")

    ask(api, conversation, message="Hello")

    assert sorted(QuotaSlot.objects.values_list("slot", flat=True)) == [1, 2]


# What else is refused.


@pytest.mark.parametrize("n", [1, 2])
def test_a_choice_of_another_conversation_cannot_be_followed(api, client_of, traceless, n):
    mine = begin(api, intake=False)
    owner = api if n == 1 else client_of(make_member())
    _, (choice,) = exchange(owner, begin(owner, intake=False), "Hello", "Hi!")

    answer = traceless(lambda: post_reply(api, mine, message="Hello", after=choice))

    refused(answer, 400, "invalid", "after")


def test_a_choice_that_never_was_cannot_be_followed(api, traceless):
    conversation = begin(api, intake=False)
    after = str(uuid.uuid4())

    answer = traceless(lambda: post_reply(api, conversation, message="Hello", after=after))

    refused(answer, 400, "invalid", "after")


@pytest.mark.parametrize("after", [None, "0190a6c8-0000-7000-8000-000000000000"])
def test_after_needs_a_message(api, traceless, after):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)

    answer = traceless(lambda: post_reply(api, conversation, after=after))

    refused(answer, 400, "invalid", "after")


@pytest.mark.parametrize("message", [None, "Hello"])
def test_a_model_that_is_not_offered_is_named(api, traceless, message):
    conversation = begin(api)
    body = {"config": {"model": "gpt-9"}} | ({"message": message} if message else {})

    answer = traceless(lambda: post_reply(api, conversation, **body))

    refused(answer, 400, "invalid", "config.model")


@pytest.mark.parametrize("key", ["", "k" * 256, "한", "tab\t", "\x7f"], ids=ascii)
def test_a_bad_key_is_named(api, traceless, key):
    conversation = begin(api, intake=False)
    headers = {"Idempotency-Key": key}

    answer = traceless(lambda: post_reply(api, conversation, headers, message="Hello"))

    refused(answer, 400, "invalid", "Idempotency-Key")
    limits_of(answer)


def test_regenerating_while_a_reply_is_open_is_a_conflict(api, traceless):
    reply = ask(api, begin(api, intake=False), message="Hello")

    answer = traceless(lambda: api.post(f"/api/v1/replies/{reply['id']}/regenerate"))

    refused(answer, 409, "reply_in_progress")
    limits_of(answer)


def test_regenerating_another_members_reply_is_not_found(api, client_of, traceless):
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    stranger = client_of(make_member())

    answer = traceless(lambda: stranger.post(f"/api/v1/replies/{reply['id']}/regenerate"))

    refused(answer, 404, "not_found")
    limits_of(answer)


def test_a_deleted_conversation_takes_no_requests(api, traceless):
    conversation = begin(api, intake=False)
    reply, _ = exchange(api, conversation, "Hello", "Hi!")
    Conversation.objects.update(deleted_at=clock.now())

    again = f"/api/v1/replies/{reply['id']}/regenerate"
    refused(traceless(lambda: post_reply(api, conversation, message="x")), 404, "not_found")
    refused(traceless(lambda: api.post(again)), 404, "not_found")
    refused(api.get(f"/api/v1/replies/{reply['id']}"), 404, "not_found")


def test_a_method_that_is_not_allowed_says_what_is_left_too(api):
    conversation = begin(api, intake=False)

    answer = api.get(f"/api/v1/conversations/{conversation['id']}/replies")

    refused(answer, 405, "method_not_allowed")
    limits_of(answer)


def test_a_failed_reply_is_no_conflict(api):
    conversation = begin(api, intake=False)
    fail(ask(api, conversation, message="Hello"))

    assert post_reply(api, conversation, message="Again").status_code == 202
