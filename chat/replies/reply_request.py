"""What is asked when a reply is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chat.exchange.message_tree import Message

from .imported_turns import ImportedTurn


class NotGiven:
    """The member did not say after which choice the message comes."""


NOT_GIVEN = NotGiven()


@dataclass(frozen=True, kw_only=True)
class ReplyRequest:
    """Without a message it is the intake that is answered.

    A caller of /v1 brings along `imported` turns, which were said elsewhere, then `preceding`
    messages, which have no place in the tree, then the message.
    """

    message: str | None = None
    after: UUID | NotGiven | None = NOT_GIVEN
    config: dict[str, Any] | None = None
    imported: Sequence[ImportedTurn] = ()
    preceding: Sequence[Message] = ()
    request_extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Idempotency:
    """The key of a request, and a hash of what it asks."""

    key: str
    body_hash: str
