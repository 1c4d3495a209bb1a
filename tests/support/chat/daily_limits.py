"""A member's slots of the day: used up through the API, in the table and in Redis."""

from django.conf import settings

from chat import clock
from chat.limits import daily_limit
from chat.models import QuotaSlot
from support.talking import begin, exchange


def use_up(api, count):
    for _ in range(count):
        exchange(api, begin(api, intake=False), "Hello", "Hi!")


def slots():
    return sorted(QuotaSlot.objects.values_list("slot", flat=True))


def in_redis(redis, member):
    return redis.smembers(daily_limit._key(member.id, today())) - {b"0"}


def today():
    return daily_limit.day_of(clock.now(), settings.CHAT_QUOTA_TIMEZONE)
