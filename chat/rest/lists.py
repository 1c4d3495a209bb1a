"""In which order lists come."""

from uuid import UUID

from django.utils.dateparse import parse_datetime

from api.pagination import Keyset
from chat.models import Conversation


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _moment(value: str) -> object:
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError(value)
    return moment


# Pinned ones first, then newest first.
CONVERSATIONS: Keyset[Conversation] = Keyset({"pinned": _flag, "active_at": _moment, "id": UUID})
