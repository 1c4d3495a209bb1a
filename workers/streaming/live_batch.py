"""One round trip to Redis: texts are written, then what is true by then is told.

A script and not a pipeline, because it is one command with one answer: of a pipeline redis-py reads
an answer per command, which took it longer than all that Redis had to do. Nobody sees a part of it,
and Redis passes the events on in their order.
"""

from dataclasses import dataclass, field
from typing import Any

from chat.events import snapshot_format

# Each list is preceded by how many it holds.
SCRIPT = """
local keys, args = 0, 0
local function key() keys = keys + 1 return KEYS[keys] end
local function arg() args = args + 1 return ARGV[args] end
local function count() return tonumber(arg()) end

local seconds = arg()
local unexpected = {}
for place = 0, count() - 1 do
  local name, added, expected = key(), arg(), count()
  local length = redis.call('APPEND', name, added)
  if length == #added then redis.call('EXPIRE', name, seconds) end
  if length ~= expected then table.insert(unexpected, place) end
end
for _ = 1, count() do redis.call('SET', key(), arg(), 'EX', seconds) end
for _ = 1, count() do redis.call('DEL', key()) end
for _ = 1, count() do
  local channel = arg()
  redis.call('PUBLISH', channel, arg())
end
return unexpected
"""


@dataclass
class LiveBatch:
    """Is filled with what is to be done, and gives the script's `keys()` and `args()`.

    The script answers with the places of those appends after which a text was not as long as it
    should be: Redis has lost some of it.
    """

    _appends: list[tuple[str, bytes, int]] = field(default_factory=list)
    _sets: list[tuple[str, bytes]] = field(default_factory=list)
    _deletes: list[str] = field(default_factory=list)
    _publishes: list[tuple[str, bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._appends or self._sets or self._deletes or self._publishes)

    def append(self, key: str, added: bytes, *, length: int) -> int:
        """`length` is the text's in bytes, with what was added. Returns the append's place."""
        self._appends.append((key, added, length))
        return len(self._appends) - 1

    def set(self, key: str, value: bytes) -> None:
        self._sets.append((key, value))

    def delete(self, *keys: str) -> None:
        self._deletes += keys

    def publish(self, channel: str, message: bytes) -> None:
        self._publishes.append((channel, message))

    def keys(self) -> list[str]:
        appended = [key for key, _, _ in self._appends]
        return [*appended, *(key for key, _ in self._sets), *self._deletes]

    def args(self) -> list[Any]:
        args: list[Any] = [snapshot_format.KEPT_SECONDS, len(self._appends)]
        for _, added, length in self._appends:
            args += (added, length)
        args.append(len(self._sets))
        args += (value for _, value in self._sets)
        args += (len(self._deletes), len(self._publishes))
        for published in self._publishes:
            args += published
        return args
