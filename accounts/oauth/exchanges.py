"""A one-time code against a session of ours."""

from dataclasses import dataclass

from django.conf import settings

from accounts.credentials import sessions
from accounts.credentials.sessions import EmailNotVerified
from accounts.mails import outbox
from accounts.mails.readers import Reader
from accounts.members import EmailTaken
from accounts.models import MailKind, Member, OAuthCode

from . import codes, linking
from .identities import Identity
from .linking import EmailRequired


@dataclass(frozen=True)
class Exchanged:
    access: str
    refresh: str
    next: str


def exchange(
    *, code: str, verifier: str, email: str | None, reader: Reader, user_agent: str
) -> Exchanged:
    """Signs in whoever came back with the code.

    Raises CodeInvalid, EmailNotVerified and what `linking.member_of` raises. After EmailRequired
    and EmailTaken the same code is good again for a while, with the same verifier and an `email`.
    """
    row = codes.redeem(code=code, verifier=verifier)
    member = _member_of(row, email, reader)
    pair = sessions.open_session(member=member, user_agent=user_agent)
    return Exchanged(access=pair.access, refresh=pair.refresh, next=row.next)


def _member_of(row: OAuthCode, email: str | None, reader: Reader) -> Member:
    try:
        return linking.member_of(Identity(**row.identity), typed_email=email, reader=reader)
    except EmailTaken as error:
        if settings.EMAIL_VERIFICATION_REQUIRED:
            # As if it were new; that it is not, only its owner reads.
            outbox.post(MailKind.ACCOUNT_EXISTS, email=email or "", reader=reader)
            raise EmailNotVerified() from error
        codes.restore(row)
        raise
    except EmailRequired:
        codes.restore(row)
        raise
