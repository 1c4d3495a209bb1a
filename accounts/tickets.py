"""Tickets for WebSockets, since browsers cannot send an Authorization header with one.

A ticket carries the session it came from and until when its access token would have been good.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from .models import Session, SocketTicket

LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True)
class Admission:
    """What a redeemed ticket proves: whose socket it is, and until when."""

    session: Session
    authenticated_until: datetime


def issue(*, session: Session, authenticated_until: datetime) -> str:
    """A new ticket, good once and for `LIFETIME`."""
    ticket = secrets.token_urlsafe(32)
    now = timezone.now()
    SocketTicket.objects.filter(session=session, expires_at__lt=now).delete()
    SocketTicket.objects.create(
        digest=_digest(ticket),
        session=session,
        authenticated_until=authenticated_until,
        expires_at=now + LIFETIME,
    )
    return ticket


def redeem(ticket: str) -> Admission | None:
    """None for a ticket that is unknown, used, too old, or whose session has ended."""
    row = (
        SocketTicket.objects.select_related("session__member")
        .filter(digest=_digest(ticket), session__revoked_at=None, session__member__is_active=True)
        .first()
    )
    if row is None:
        return None
    # Whoever deletes the row has used the ticket; a second socket at the same moment deletes none.
    used, _ = SocketTicket.objects.filter(digest=row.digest).delete()
    if not used or row.expires_at <= timezone.now():
        return None
    return Admission(session=row.session, authenticated_until=row.authenticated_until)


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
