"""The daily limit, exact: Redis hands out slots fast, the table's constraint makes them true.

A day has slots 1 to limit. Redis keeps the set of taken ones; whatever it says, the row decides:
a conflict means the next free slot, and before anybody is refused the table is read and Redis
corrected. So a Redis that was wiped, lags behind, or remembers a process that died before its
commit costs nobody a request.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from redis.client import Pipeline

from accounts.models import Member
from api.errors import DomainError
from api.redis import Unavailable, link
from chat import clock, metrics
from chat.models import QuotaSlot

_KEPT_SECONDS = 2 * 86_400  # a day is over everywhere by then

# The set holds a 0 beside the taken slots, so that "nobody took any" differs from "key lost".
_TAKE = """
local taken = redis.call('SCARD', KEYS[1])
if taken == 0 then return -1 end
local limit = tonumber(ARGV[1])
if taken - 1 >= limit then return 0 end
for after = 0, limit - 1 do
  local slot = (taken - 1 + after) % limit + 1
  if redis.call('SADD', KEYS[1], slot) == 1 then return slot end
end
return 0
"""
_LOST, _FULL = -1, 0


@dataclass(frozen=True)
class Quota:
    limit: int
    used: int
    resets_at: datetime
    now: datetime

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.resets_at - self.now).total_seconds()))


@dataclass(frozen=True)
class Slot:
    member_id: UUID
    day: date
    number: int


class DailyLimitReached(DomainError):
    detail = "The requests of today are used up."

    def __init__(self, resets_at: datetime, now: datetime) -> None:
        super().__init__()
        self.retry_after = max(1, int((resets_at - now).total_seconds()) + 1)


def limit_of(member: Member) -> int:
    return settings.CHAT_DAILY_LIMIT if member.daily_limit is None else member.daily_limit


def day_of(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def reset_after(now: datetime, zone: str) -> datetime:
    """The next midnight in the zone, also where that day has 23 or 25 hours."""
    tomorrow = day_of(now, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, ZoneInfo(zone))


def state(*, member: Member, now: datetime | None = None) -> Quota:
    """What the table says; one query, and one more for the clock when `now` is not given."""
    now = now or clock.now()
    zone = settings.CHAT_QUOTA_TIMEZONE
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM chat_quotaslot WHERE member_id = %s AND day = %s",
            [member.id, day_of(now, zone)],
        )
        used = cursor.fetchone()[0]
    return Quota(limit=limit_of(member), used=used, resets_at=reset_after(now, zone), now=now)


class Reservation:
    """Slots for one reply to be tried with, one after another; a context manager.

    Whoever stores the reply with one of them leaves the block. If the block fails, the slot that
    was tried last is given back in Redis; what the block wrote has to be rolled back by then.
    """

    def __init__(self, member: Member) -> None:
        self._member = member
        self._held: Slot | None = None

    def slots(self, *, now: datetime) -> Iterator[Slot]:
        """To ask for the next one says that another reply holds the one before.

        Raises DailyLimitReached when there is none left.
        """
        day = day_of(now, settings.CHAT_QUOTA_TIMEZONE)
        for number in _candidates(self._member.id, day, limit_of(self._member)):
            self._held = Slot(member_id=self._member.id, day=day, number=number)
            yield self._held
            self._held = None
        raise _refusal(now)

    def __enter__(self) -> "Reservation":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._held is not None:
            release(self._held)


def require_room(*, member: Member, now: datetime) -> None:
    """Raises DailyLimitReached where the table says so; takes nothing. One query."""
    if not state(member=member, now=now).remaining:
        raise _refusal(now)


def release(slot: Slot) -> None:
    """Tells Redis that the slot is free. The row is the caller's business."""
    link.attempt(lambda redis: redis.srem(_key(slot.member_id, slot.day), slot.number))


def refund(reply_id: UUID) -> bool:
    """Gives the reply's slot back; safe to repeat. True when there was one to give.

    Inside a transaction Redis hears of it after the commit.
    """
    row = QuotaSlot.objects.filter(reply_id=reply_id).first()
    if row is None:
        return False
    deleted, _ = QuotaSlot.objects.filter(pk=row.pk).delete()
    slot = Slot(member_id=row.member_id, day=row.day, number=row.slot)
    transaction.on_commit(lambda: release(slot))
    return bool(deleted)


def _candidates(member_id: UUID, day: date, limit: int) -> Iterator[int]:
    yield from _from_redis(member_id, day, limit)
    taken = _taken(member_id, day)
    _correct_redis(member_id, day, taken)
    free = [number for number in range(1, limit + 1) if number not in taken]
    # Fewer than all free ones where the limit was lowered during the day.
    yield from free[: max(0, limit - len(taken))]


def _from_redis(member_id: UUID, day: date, limit: int) -> Iterator[int]:
    key = _key(member_id, day)
    try:
        while True:
            number = int(link.call(lambda redis: redis.eval(_TAKE, 1, key, limit)))
            if number == _LOST:
                _correct_redis(member_id, day, _taken(member_id, day))
            elif number == _FULL:
                return
            else:
                yield number
    except Unavailable:
        return


def _taken(member_id: UUID, day: date) -> set[int]:
    rows = QuotaSlot.objects.filter(member_id=member_id, day=day)
    return set(rows.values_list("slot", flat=True))


def _correct_redis(member_id: UUID, day: date, taken: set[int]) -> None:
    key = _key(member_id, day)
    link.attempt(lambda redis: _replace(redis.pipeline(transaction=True), key, taken))


def _replace(pipeline: Pipeline, key: str, taken: set[int]) -> None:
    pipeline.delete(key)
    pipeline.sadd(key, 0, *taken)
    pipeline.expire(key, _KEPT_SECONDS)
    pipeline.execute()


def _refusal(now: datetime) -> DailyLimitReached:
    metrics.QUOTA_REFUSALS.inc()
    return DailyLimitReached(reset_after(now, settings.CHAT_QUOTA_TIMEZONE), now)


def _key(member_id: UUID, day: date) -> str:
    return f"malgil:quota:{member_id}:{day.isoformat()}"
