"""The daily limit: never one too many, never one lost."""

import itertools
from datetime import datetime

import pytest
from support.chat.daily_limits import in_redis, slots, today, use_up
from support.people import make_member
from support.racing import at_once
from support.refusals import refused
from support.talking import ask, begin, claim, complete, exchange, fail, post_reply

from accounts.models import Member
from chat import clock, outcomes
from chat.limits import daily_limit
from chat.models import Conversation, Prompt, QuotaSlot, Reply
from chat.outcomes import Outcome
from chat.replies import claims, lifecycle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def remaining(api):
    return api.get("/api/v1/quota").json()["remaining"]


# One after the other


def test_the_quota_counts_down_to_a_refusal(api, settings):
    for left in (4, 3, 2, 1, 0):
        answer = post_reply(api, begin(api, intake=False), message="Hello")
        assert answer.status_code == 202
        assert answer["RateLimit"].startswith(f'"daily";r={left};t=')
        assert answer["RateLimit-Policy"] == '"daily";q=5;w=86400'

    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")

    body = api.get("/api/v1/quota").json()
    assert (body["limit"], body["used"], body["remaining"]) == (5, 5, 0)
    resets_at = daily_limit.reset_after(clock.now(), settings.CHAT_QUOTA_TIMEZONE)
    assert datetime.fromisoformat(body["resets_at"]) == resets_at


def test_regenerating_and_resending_count_too(api):
    conversation = begin(api, intake=False)
    reply, _ = exchange(api, conversation, "Hello", "Hi!")
    complete(api.post(f"/api/v1/replies/{reply['id']}/regenerate").json(), "Hey!")

    assert remaining(api) == 3


def test_reading_and_beginning_count_nothing(api):
    begin(api)
    api.get("/api/v1/conversations")

    assert remaining(api) == 5


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_a_members_own_limit_counts(client_of, limit):
    api = client_of(make_member(daily_limit=limit))
    use_up(api, limit)

    answer = post_reply(api, begin(api, intake=False), message="Hello")

    refused(answer, 429, "daily_limit_reached")
    assert answer["RateLimit-Policy"].startswith(f'"daily";q={limit};')
    assert slots() == list(range(1, limit + 1))


def test_members_do_not_share_their_limit(api, client_of):
    use_up(api, 5)

    assert remaining(client_of(make_member())) == 5


def test_a_lowered_limit_holds_at_once_and_a_raised_one_too(api, settings, redis):
    use_up(api, 3)
    settings.CHAT_DAILY_LIMIT = 2
    conversation = begin(api, intake=False)
    refused(post_reply(api, conversation, message="x"), 429, "daily_limit_reached")
    redis.flushall()
    refused(post_reply(api, conversation, message="x"), 429, "daily_limit_reached")
    assert remaining(api) == 0

    settings.CHAT_DAILY_LIMIT = 4
    use_up(api, 1)

    refused(post_reply(api, conversation, message="x"), 429, "daily_limit_reached")
    assert slots() == [1, 2, 3, 4]


def test_slots_beyond_a_lowered_limit_count_though_redis_lost_them(api, settings, redis, member):
    use_up(api, 5)
    QuotaSlot.objects.filter(slot__lte=3).delete()
    settings.CHAT_DAILY_LIMIT = 2
    key = daily_limit._key(member.id, today())
    redis.delete(key)
    redis.sadd(key, 0)

    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")

    assert slots() == [4, 5]


def test_the_limit_of_yesterday_is_not_that_of_today(api, redis, member):
    use_up(api, 5)
    QuotaSlot.objects.update(day=today().replace(year=2020))
    redis.flushall()

    use_up(api, 5)

    assert QuotaSlot.objects.count() == 10


# Given back


def test_a_failed_reply_gives_its_slot_back(api, redis, member):
    use_up(api, 4)
    fail(ask(api, begin(api, intake=False), message="Hello"))

    assert remaining(api) == 1
    assert in_redis(redis, member) == {b"1", b"2", b"3", b"4"}
    use_up(api, 1)


def test_a_refund_can_be_repeated(api, redis, member):
    reply = ask(api, begin(api, intake=False), message="Hello")

    assert [daily_limit.refund(reply["id"]) for _ in range(3)] == [True, False, False]

    assert slots() == []
    assert in_redis(redis, member) == set()


def test_a_refund_that_comes_again_late_takes_nobody_elses_slot(api):
    first = ask(api, begin(api, intake=False), message="Hello")
    daily_limit.refund(first["id"])
    ask(api, begin(api, intake=False), message="Hello again")

    daily_limit.refund(first["id"])

    assert slots() == [1]


def test_of_refunds_at_once_one_gives_back(api):
    use_up(api, 4)
    reply = ask(api, begin(api, intake=False), message="Hello")

    refunds = at_once([lambda: daily_limit.refund(reply["id"])] * 6)

    assert sorted(refunds) == [False] * 5 + [True]
    assert remaining(api) == 1


def test_a_slot_is_only_given_back_when_the_end_was_written(api):
    """A worker that was fenced off refunds nothing."""
    claimed = claim(ask(api, begin(api, intake=False), message="Hello"))
    claimed.attempt += 1

    with pytest.raises(claims.Superseded):
        lifecycle.fail(claimed, outcomes.CRASH_LOOP, Outcome())

    assert slots() == [1]


# Many at once


@pytest.fixture
def fifty(api, member):
    """Posts to 50 conversations of one member, to be made at once."""
    conversations = [begin(api, intake=False) for _ in range(50)]
    return [
        lambda conversation=conversation: post_reply(api, conversation, message="Hello")
        for conversation in conversations
    ]


def assert_exactly_five(answers):
    statuses = sorted(answer.status_code for answer in answers if answer is not None)
    assert statuses == [202] * 5 + [429] * 45
    assert slots() == [1, 2, 3, 4, 5]
    assert Reply.objects.count() == Prompt.objects.count() == 5
    assert set(QuotaSlot.objects.values_list("reply_id", flat=True)) == set(
        Reply.objects.values_list("id", flat=True)
    )


def test_of_fifty_at_once_exactly_five_are_accepted(fifty):
    assert_exactly_five(at_once(fifty))


def test_of_fifty_at_once_exactly_five_while_redis_is_flushed_again_and_again(fifty, redis):
    def flush():
        for _ in range(40):
            redis.flushall()

    assert_exactly_five(at_once([*fifty, flush, flush]))


def test_of_fifty_at_once_exactly_five_without_redis(fifty, no_redis):
    assert_exactly_five(at_once(fifty))


def test_refunds_and_requests_at_once_lose_no_slot(api, member, fifty):
    """Ten requests while three slots come back: then the day can still be used up, exactly."""
    given_back = [ask(api, begin(api, intake=False), message="Hello") for _ in range(3)]
    refunds = [lambda reply=reply: daily_limit.refund(reply["id"]) for reply in given_back]

    at_once([*fifty[:10], *refunds])
    for post in itertools.islice(fifty, 10, 20):
        post()

    assert slots() == [1, 2, 3, 4, 5]
    assert Conversation.objects.filter(replies__in=Reply.objects.all()).count() == 8
    assert Member.objects.get().quota_slots.count() == 5
