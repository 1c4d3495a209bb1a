"""How an attempt ended: what the model answered, or why there is no answer.

Made by whoever asks the model or stops it, stored by chat/replies/lifecycle.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class ChoiceParts:
    """One choice as columns of `Choice`; `extra` holds what has no column."""

    index: int
    content: str
    role: str = "assistant"
    finish_reason: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is known of the model's answer when a reply ends; `columns` are those of `Reply`."""

    choices: Sequence[ChoiceParts] = ()
    last_seq: int = 0
    columns: dict[str, Any] = field(default_factory=dict)
    context_start: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a reply did not get its answer; `code` is one of docs/errors.md."""

    code: str
    detail: str
    retryable: bool


CANCELLED = Failure(code="cancelled", detail="The reply was cancelled.", retryable=True)
CRASH_LOOP = Failure(
    code="crash_loop",
    detail="The workers that ran this reply stopped too often.",
    retryable=True,
)
