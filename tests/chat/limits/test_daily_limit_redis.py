"""The daily limit when Redis is wrong, wiped or away: the table decides."""

import socket
import time

import pytest
from support.chat.daily_limits import in_redis, slots, today, use_up
from support.refusals import refused
from support.talking import begin, post_reply

from chat.limits import daily_limit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_slots_that_redis_holds_wrongly_cost_nobody_a_request(api, redis, member):
    redis.sadd(daily_limit._key(member.id, today()), 0, 1, 2, 3, 4, 5)

    use_up(api, 2)
    assert in_redis(redis, member) == {b"1", b"2"}
    use_up(api, 3)

    assert slots() == [1, 2, 3, 4, 5]
    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")


def test_slots_that_redis_forgot_are_not_handed_out_again(api, redis, member):
    use_up(api, 3)
    key = daily_limit._key(member.id, today())
    redis.srem(key, 1, 2)

    use_up(api, 2)

    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")
    assert slots() == [1, 2, 3, 4, 5]


def test_a_wiped_redis_is_filled_from_the_table(api, redis, member):
    use_up(api, 3)
    redis.flushall()

    use_up(api, 1)

    assert in_redis(redis, member) == {b"1", b"2", b"3", b"4"}
    assert redis.ttl(daily_limit._key(member.id, today())) > 86_400


def test_a_refusal_corrects_redis(api, redis, member):
    use_up(api, 5)
    redis.srem(daily_limit._key(member.id, today()), 2)

    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")

    assert in_redis(redis, member) == {b"1", b"2", b"3", b"4", b"5"}


def test_without_redis_the_table_alone_decides(api, no_redis):
    use_up(api, 5)

    refused(post_reply(api, begin(api, intake=False), message="x"), 429, "daily_limit_reached")
    assert slots() == [1, 2, 3, 4, 5]


def test_a_redis_that_hangs_holds_nobody_up_for_long(api, redis_at):
    conversation = begin(api, intake=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        redis_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()

        assert post_reply(api, conversation, message="Hello").status_code == 202

        assert time.monotonic() - began < 3
