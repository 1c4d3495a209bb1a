"""One-time codes: what comes back to the client instead of tokens, good with its verifier only."""

import hashlib
import secrets
from dataclasses import asdict
from datetime import timedelta

from django.utils import timezone

from accounts.models import OAuthCode
from api.errors import DomainError

from . import proofkeys
from .identities import Identity

LIFETIME = timedelta(seconds=60)
# Once the verifier was shown, an address may still have to be typed.
TYPING_TIME = timedelta(minutes=10)


class CodeInvalid(DomainError):
    detail = "This code is unknown, too old, was used before, or belongs to another verifier."


def issue(*, identity: Identity, next: str, challenge: str) -> str:
    """A new code, good once and for `LIFETIME`."""
    now = timezone.now()
    OAuthCode.objects.filter(expires_at__lt=now).delete()
    code = secrets.token_urlsafe(32)
    OAuthCode.objects.create(
        digest=_digest(code),
        identity=asdict(identity),
        next=next,
        challenge=challenge,
        expires_at=now + LIFETIME,
    )
    return code


def redeem(*, code: str, verifier: str) -> OAuthCode:
    """The row, which is gone: a wrong verifier uses the code up too. Raises CodeInvalid."""
    row = OAuthCode.objects.filter(digest=_digest(code)).first()
    if row is None or not OAuthCode.objects.filter(digest=row.digest).delete()[0]:
        raise CodeInvalid()
    in_time = row.expires_at > timezone.now()
    if not (in_time and proofkeys.opens(verifier=verifier, challenge=row.challenge)):
        raise CodeInvalid()
    return row


def restore(row: OAuthCode) -> None:
    """Makes a redeemed code good again, for those who have to type an address."""
    row.expires_at = timezone.now() + TYPING_TIME
    row.save(force_insert=True)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
