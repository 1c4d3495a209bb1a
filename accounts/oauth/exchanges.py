"""A one-time code against a session of ours."""

from dataclasses import dataclass

from accounts import sessions
from accounts.members import EmailTaken
from accounts.models import Member, OAuthCode

from . import codes, linking
from .identities import Identity
from .linking import EmailRequired


@dataclass(frozen=True)
class Exchanged:
    access: str
    refresh: str
    next: str


def exchange(*, code: str, verifier: str, email: str | None, user_agent: str) -> Exchanged:
    """Signs in whoever came back with the code.

    Raises CodeInvalid and what `linking.member_of` raises. After EmailRequired and EmailTaken the
    same code is good again for a while, with the same verifier and an `email`.
    """
    row = codes.redeem(code=code, verifier=verifier)
    member = _member_of(row, email)
    pair = sessions.open_session(member=member, user_agent=user_agent)
    return Exchanged(access=pair.access, refresh=pair.refresh, next=row.next)


def _member_of(row: OAuthCode, email: str | None) -> Member:
    try:
        return linking.member_of(Identity(**row.identity), typed_email=email)
    except (EmailRequired, EmailTaken):
        codes.restore(row)
        raise
