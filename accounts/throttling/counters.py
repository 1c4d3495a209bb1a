"""Attempts counted in Redis: one atomic script looks at all limits, and counts only if all allow.

So however many attempts come at once, no more get through than one after another would.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.redis import Unavailable, link

_KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class Rate:
    """`burst` at once, and one more each `every_seconds` (the generic cell rate algorithm)."""

    key: str
    burst: int
    every_seconds: float

    @property
    def arguments(self) -> tuple[Any, ...]:
        return "rate", self.burst, self.every_seconds


@dataclass(frozen=True)
class Backoff:
    """`free` attempts at once; from then on each waits twice as long as the one before it, from a
    second to `longest_seconds`. Forgotten after a day without one."""

    key: str
    free: int
    longest_seconds: float

    @property
    def arguments(self) -> tuple[Any, ...]:
        return "backoff", self.free, self.longest_seconds


Limit = Rate | Backoff


class Away(Exception):
    """Redis cannot be asked."""


def take(limits: Sequence[Limit]) -> float:
    """Counts an attempt; or counts nothing, and returns in how many seconds to come again.

    Raises Away.
    """
    return float(_run(_TAKE, limits))


def give_back(limits: Sequence[Limit]) -> None:
    """As if the attempt had not been made, and for a Backoff none before it. Raises Away."""
    _run(_GIVE_BACK, limits)


def mark(key: str, *, seconds: int) -> None:
    """Raises Away."""
    _call(lambda redis: redis.set(key, 1, ex=seconds))


def is_marked(key: str) -> bool:
    """Raises Away."""
    return bool(_call(lambda redis: redis.exists(key)))


def _run(script: str, limits: Sequence[Limit]) -> Any:
    keys = [limit.key for limit in limits]
    arguments = [argument for limit in limits for argument in limit.arguments]
    given = [*keys, _now(), _KEPT_SECONDS, *arguments]
    return _call(lambda redis: redis.eval(script, len(keys), *given))


def _call(operation: Callable[[Any], Any]) -> Any:
    try:
        return link.call(operation)
    except Unavailable as error:
        raise Away from error


def _now() -> float:
    return time.time()


# KEYS: of the limits. ARGV: now, the seconds after which a Backoff is forgotten, and three for each
# limit. A Rate is kept as the moment when its bucket is empty again.
_TAKE = """
local now, kept = tonumber(ARGV[1]), ARGV[2]
local wait = 0
for i, key in ipairs(KEYS) do
  local kind, room, pace = ARGV[3 * i], tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local free_at = 0
  if kind == 'rate' then
    free_at = tonumber(redis.call('GET', key) or 0) - (room - 1) * pace
  else
    free_at = tonumber(redis.call('HGET', key, 'free_at') or 0)
  end
  wait = math.max(wait, free_at - now)
end
-- Moments are kept to the millisecond.
if wait > 0.001 then return string.format('%.3f', wait) end
for i, key in ipairs(KEYS) do
  local kind, room, pace = ARGV[3 * i], tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  if kind == 'rate' then
    local empty_at = math.max(now, tonumber(redis.call('GET', key) or 0)) + pace
    local lasts = math.ceil((empty_at - now) * 1000)
    redis.call('SET', key, string.format('%.3f', empty_at), 'PX', lasts)
  else
    local count = redis.call('HINCRBY', key, 'count', 1)
    if count >= room then
      local free_at = now + math.min(2 ^ (count - room), pace)
      redis.call('HSET', key, 'free_at', string.format('%.3f', free_at))
    end
    redis.call('EXPIRE', key, kept)
  end
end
return '0'
"""
_GIVE_BACK = """
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local kind, pace = ARGV[3 * i], tonumber(ARGV[3 * i + 2])
  local empty_at = kind == 'rate' and tonumber(redis.call('GET', key) or 0) - pace or 0
  if empty_at > now then
    local lasts = math.ceil((empty_at - now) * 1000)
    redis.call('SET', key, string.format('%.3f', empty_at), 'PX', lasts)
  else
    redis.call('DEL', key)
  end
end
return '0'
"""
