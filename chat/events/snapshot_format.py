"""The text so far of a running reply, kept in Redis for whoever joins late.

One string per choice, and a mark with the number of the last delta and the length of each text. A
worker appends text and sets the mark in one step; a reader takes all in one MGET and
believes it only where the lengths agree, so a Redis that was flushed in between shows nothing
rather than a wrong text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Snapshot:
    attempt: int
    seq: int
    texts: dict[int, str]  # by choice index; choices without text are left out

    @classmethod
    def empty(cls, attempt: int) -> "Snapshot":
        return cls(attempt=attempt, seq=0, texts={})


def text_key(reply_id: UUID, attempt: int, index: int) -> str:
    return f"malgil:text:{reply_id}:{attempt}:{index}"


def mark_key(reply_id: UUID, attempt: int) -> str:
    return f"malgil:text:{reply_id}:{attempt}"


def keys(reply_id: UUID, attempt: int, choices: int) -> list[str]:
    """The mark's key, then one for each choice."""
    texts = [text_key(reply_id, attempt, index) for index in range(choices)]
    return [mark_key(reply_id, attempt), *texts]


def mark(seq: int, lengths: Iterable[int]) -> bytes:
    """`lengths` in bytes of UTF-8, one for each choice."""
    return orjson.dumps([seq, list(lengths)])


def choices(values: Sequence[bytes | None]) -> int:
    """How many there are, of which `values` may hold fewer: models may send more than asked for."""
    return len(_parse(values[0])[1]) if values[0] is not None else 0


def read(attempt: int, values: Sequence[bytes | None]) -> Snapshot | None:
    """The answer to MGET of `keys`. None when nothing is there, or not all of it."""
    head, *texts = values
    if head is None:
        return None
    seq, lengths = _parse(head)
    stored = [text or b"" for text in texts]
    if [len(text) for text in stored] != lengths:
        return None
    return Snapshot(
        attempt=attempt,
        seq=seq,
        texts={index: text.decode() for index, text in enumerate(stored) if text},
    )


def _parse(head: bytes) -> tuple[int, list[int]]:
    parsed: Any = orjson.loads(head)
    return parsed[0], parsed[1]
