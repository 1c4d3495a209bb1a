"""When a member's day begins and ends: pure rules over a given clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.chat.reply_rows import take_slot

from api.ids import uuid7
from chat.limits import daily_limit

SEOUL, BERLIN = "Asia/Seoul", "Europe/Berlin"


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        (utc(2026, 5, 1, 14, 59, 59), SEOUL, date(2026, 5, 1)),
        (utc(2026, 5, 1, 15, 0, 0), SEOUL, date(2026, 5, 2)),
        (utc(2026, 12, 31, 15, 0, 0), SEOUL, date(2027, 1, 1)),
        (utc(2026, 5, 1, 14, 59, 59), "UTC", date(2026, 5, 1)),
        (utc(2026, 5, 1, 21, 59, 59), BERLIN, date(2026, 5, 1)),
        (utc(2026, 5, 1, 22, 0, 0), BERLIN, date(2026, 5, 2)),
        (utc(2026, 1, 1, 22, 59, 59), BERLIN, date(2026, 1, 1)),
        (utc(2026, 1, 1, 23, 0, 0), BERLIN, date(2026, 1, 2)),
        (utc(2026, 5, 1, 9, 59, 59), "Pacific/Kiritimati", date(2026, 5, 1)),
        (utc(2026, 5, 1, 10, 0, 0), "Pacific/Kiritimati", date(2026, 5, 2)),
    ],
)
def test_the_day_is_that_of_the_zone(now, zone, day):
    assert daily_limit.day_of(now, zone) == day


@pytest.mark.parametrize(
    ("now", "zone", "resets_at"),
    [
        (utc(2026, 5, 1, 14, 59, 59), SEOUL, utc(2026, 5, 1, 15)),
        (utc(2026, 5, 1, 15, 0, 0), SEOUL, utc(2026, 5, 2, 15)),
        # Europe/Berlin: 23 hours on 29 March 2026, 25 hours on 25 October 2026.
        (utc(2026, 3, 28, 23, 0, 0), BERLIN, utc(2026, 3, 29, 22)),
        (utc(2026, 3, 29, 21, 59, 59), BERLIN, utc(2026, 3, 29, 22)),
        (utc(2026, 10, 24, 22, 0, 0), BERLIN, utc(2026, 10, 25, 23)),
        (utc(2026, 10, 25, 22, 59, 59), BERLIN, utc(2026, 10, 25, 23)),
    ],
)
def test_the_limit_resets_at_the_next_midnight_of_the_zone(now, zone, resets_at):
    assert daily_limit.reset_after(now, zone) == resets_at
    assert daily_limit.day_of(resets_at, zone) == daily_limit.day_of(now, zone) + timedelta(days=1)
    assert daily_limit.day_of(resets_at - timedelta(seconds=1), zone) == daily_limit.day_of(
        now, zone
    )


def test_a_day_without_a_midnight_ends_all_the_same():
    """In Cairo the clocks go from 23:59:59 to 01:00 on 24 April 2026."""
    now = datetime(2026, 4, 23, 22, tzinfo=ZoneInfo("Africa/Cairo"))

    assert daily_limit.reset_after(now, "Africa/Cairo").astimezone(UTC) == utc(2026, 4, 23, 22)


@pytest.fixture
def at(member, settings):
    """`at(moment)` is the member's quota then."""
    settings.CHAT_QUOTA_TIMEZONE = SEOUL
    return lambda now: daily_limit.state(member=member, now=now)


@pytest.mark.django_db
def test_a_slot_counts_until_the_second_before_midnight(at, member):
    before, midnight = utc(2026, 5, 1, 14, 59, 59), utc(2026, 5, 1, 15)
    daily_limit.QuotaSlot.objects.create(
        member=member, day=date(2026, 5, 1), slot=1, reply_id=member.id
    )

    assert (at(before).used, at(before).seconds_left) == (1, 1)
    assert (at(midnight).used, at(midnight).seconds_left) == (0, 86_400)


@pytest.mark.django_db
def test_seconds_are_counted_across_a_change_of_the_clocks(at, settings):
    settings.CHAT_QUOTA_TIMEZONE = BERLIN

    assert at(utc(2026, 3, 28, 23)).seconds_left == 23 * 3600
    assert at(utc(2026, 10, 24, 22)).seconds_left == 25 * 3600


@pytest.mark.django_db
def test_a_change_of_the_zone_counts_by_the_new_zones_day(at, member, settings):
    now = utc(2026, 5, 1, 16)
    daily_limit.QuotaSlot.objects.create(
        member=member, day=date(2026, 5, 2), slot=1, reply_id=member.id
    )
    assert at(now).used == 1

    settings.CHAT_QUOTA_TIMEZONE = BERLIN

    assert at(now).used == 0
    assert at(now).resets_at == utc(2026, 5, 1, 22)


@pytest.mark.django_db(transaction=True)
def test_slots_are_taken_on_the_day_of_the_given_clock(member, redis, settings):
    settings.CHAT_QUOTA_TIMEZONE = SEOUL

    days = [
        take_slot(member, reply_id=uuid7(), now=utc(2026, 5, 1, 14, 59, 59)).day,
        take_slot(member, reply_id=uuid7(), now=utc(2026, 5, 1, 15)).day,
    ]

    assert days == [date(2026, 5, 1), date(2026, 5, 2)]


@pytest.mark.parametrize(
    ("now", "wait"), [(utc(2026, 5, 1, 14, 59, 59), 2), (utc(2026, 5, 1, 15), 86_401)]
)
def test_retry_after_is_never_too_early(now, wait):
    """Rounded up, so that whoever waits that long meets the new day."""
    refusal = daily_limit.DailyLimitReached(daily_limit.reset_after(now, SEOUL), now)

    assert refusal.retry_after == wait
