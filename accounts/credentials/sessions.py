"""Sessions: opened by signing in, kept alive by refreshing, ended by signing out."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import Member, Session, SpentRefreshToken
from api.errors import DomainError

from . import tokens
from .tokens import TokenInvalid, TokenPair

# Two tabs, or a request sent again after a lost answer, are told apart from a stolen token by
# how soon the second use comes.
REUSE_GRACE = timedelta(seconds=10)


class TokenRotated(DomainError):
    detail = "This refresh token was just exchanged. Use the pair that came back then."


class TokenReused(DomainError):
    detail = "This refresh token was used before; the session was ended. Sign in again."


class EmailNotVerified(DomainError):
    detail = "Open the link in the mail that we sent you first; you can have it sent again."


def open_session(*, member: Member, user_agent: str) -> TokenPair:
    """For somebody who has proven to be the member: only to those an unproven address is told of.

    Raises EmailNotVerified where the settings ask for a verified address.
    """
    if settings.EMAIL_VERIFICATION_REQUIRED and member.email_verified_at is None:
        raise EmailNotVerified()
    session = Session.objects.create(member=member, user_agent=user_agent[:300])
    return tokens.issue(session)


def refresh(*, token: str) -> TokenPair:
    """Exchanges a refresh token for a new pair; of two at once exactly one succeeds.

    Raises TokenInvalid, TokenRotated (a second use within `REUSE_GRACE`: the session lives) or
    TokenReused (a later one: the session is revoked, RFC 9700 section 4.14.2).
    """
    claims = tokens.read_refresh(token)
    session = (
        Session.objects.select_related("member")
        .filter(id=tokens.session_id(claims), revoked_at=None, member__is_active=True)
        .first()
    )
    if session is None:
        raise TokenInvalid()
    if not _spend(session, claims):
        _judge_second_use(session, claims)
    Session.objects.filter(id=session.id).update(refreshed_at=timezone.now())
    return tokens.issue(session)


def revoke(session: Session) -> None:
    """Ends the session; repeating it changes nothing."""
    Session.objects.filter(id=session.id, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(member: Member) -> None:
    Session.objects.filter(member=member, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all_but(kept: Session) -> None:
    """Ends every other session of the same member."""
    others = Session.objects.filter(member_id=kept.member_id, revoked_at=None).exclude(id=kept.id)
    others.update(revoked_at=timezone.now())


def live(member: Member) -> QuerySet[Session]:
    """Those that still let the member in: not ended, and refreshed while a token was good."""
    since = timezone.now() - api_settings.REFRESH_TOKEN_LIFETIME
    return Session.objects.filter(member=member, revoked_at=None, refreshed_at__gt=since)


def revoke_one(*, member: Member, session_id: UUID) -> None:
    """Signs the member out there. Raises Session.DoesNotExist."""
    revoke(live(member).get(id=session_id))


def _spend(session: Session, claims: RefreshToken) -> bool:
    try:
        with transaction.atomic():
            SpentRefreshToken.objects.create(jti=claims["jti"], session=session)
    except IntegrityError:
        return False
    return True


def _judge_second_use(session: Session, claims: RefreshToken) -> None:
    spent = SpentRefreshToken.objects.get(jti=claims["jti"])
    if timezone.now() - spent.spent_at <= REUSE_GRACE:
        raise TokenRotated()
    revoke(session)
    raise TokenReused()
