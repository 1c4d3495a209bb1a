"""Tickets for WebSockets, since browsers cannot send an Authorization header with one.

A ticket carries the session or the API key it came from, and until when that would have been good.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, Session, SocketTicket

from .credential import Credential
from .keys import KeyInvalid
from .tokens import TokenInvalid

LIFETIME = timedelta(seconds=30)


def issue(*, session: Session | ApiKey, authenticated_until: datetime) -> str:
    """A new ticket, good once and for `LIFETIME`.

    Raises KeyInvalid or TokenInvalid when its owner was deleted since it was looked up.
    """
    ticket = secrets.token_urlsafe(32)
    now = timezone.now()
    of_key = isinstance(session, ApiKey)
    owner = {"key" if of_key else "session": session}
    SocketTicket.objects.filter(expires_at__lt=now, **owner).delete()
    try:
        with transaction.atomic():
            SocketTicket.objects.create(
                digest=_digest(ticket),
                authenticated_until=authenticated_until,
                expires_at=now + LIFETIME,
                **owner,
            )
    except IntegrityError as error:
        raise (KeyInvalid() if of_key else TokenInvalid()) from error
    return ticket


def redeem(ticket: str) -> Credential | None:
    """None for a ticket that is unknown, used, too old, or whose session or key has ended."""
    counts = Q(session__revoked_at=None, session__member__is_active=True)
    counts |= Q(key__member__is_active=True)
    row = (
        SocketTicket.objects.select_related("session__member", "key__member")
        .filter(counts, digest=_digest(ticket))
        .first()
    )
    if row is None:
        return None
    # Whoever deletes the row has used the ticket; a second socket at the same moment deletes none.
    used, _ = SocketTicket.objects.filter(digest=row.digest).delete()
    source = row.session or row.key
    if not used or source is None or row.expires_at <= timezone.now():
        return None
    return Credential(source=source, until=row.authenticated_until)


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
