"""What is shown to say who one is: the access token of a session, or an API key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from accounts.models import ApiKey, Member, Session


@dataclass(frozen=True)
class Credential:
    """Shown, and found good: what it belongs to, and until when it may be relied on.

    Before that moment it has to be shown again. It may end earlier: see `active_ids`.
    """

    source: Session | ApiKey
    until: datetime

    @property
    def id(self) -> UUID:
        """Of the session or the key; no two of either are the same."""
        return self.source.id

    @property
    def member(self) -> Member:
        return self.source.member

    @property
    def by_key(self) -> bool:
        return isinstance(self.source, ApiKey)

    @property
    def session(self) -> Session:
        """Only where an API key cannot come: behind SessionToChange."""
        return cast(Session, self.source)


def active_ids(ids: Iterable[UUID]) -> set[UUID]:
    """Which of these credentials still count: not revoked, and of an active member. One query."""
    asked = list(ids)
    sessions = Session.objects.filter(id__in=asked, revoked_at=None, member__is_active=True)
    keys = ApiKey.objects.filter(id__in=asked, member__is_active=True)
    return set(sessions.values_list("id", flat=True).union(keys.values_list("id", flat=True)))
