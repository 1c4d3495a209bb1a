"""What links in mails carry: who may do what, signed, bound to how things stand now, for a while.

Nothing is stored. A link to reset is worth nothing once the password or the address changed, which
using it does; one that confirms an address likewise, so an older one cannot undo what came later.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from api.errors import FieldError

from .models import Member

CONFIRMATION_LIFETIME = timedelta(days=3)
_resets = PasswordResetTokenGenerator()
# Without the colons of Django's default, at which some mail programs end a link.
_confirmations = signing.TimestampSigner(salt="accounts.links.confirmation", sep=".")


class LinkInvalid(FieldError):
    def __init__(self) -> None:
        detail = "This link was used, is too old, or is not one of ours. Ask for a new one."
        super().__init__(field="token", detail=detail, code="link_invalid")


@dataclass(frozen=True)
class Confirmed:
    """`member` is locked; `email` is the address that is proven to be theirs."""

    member: Member
    email: str


def to_reset(member: Member) -> str:
    """Good once, and for PASSWORD_RESET_TIMEOUT."""
    return f"{member.id.hex}.{_resets.make_token(member)}"


def to_confirm(member: Member, *, email: str) -> str:
    """Good for `CONFIRMATION_LIFETIME`; `email` is the member's, or the one it shall have."""
    content = {"member": member.id.hex, "email": email, "state": _state(member)}
    return _confirmations.sign_object(content)


def read_reset(token: str) -> Member:
    """The member, locked. Needs a transaction. Raises LinkInvalid."""
    member_id, _, signature = token.partition(".")
    member = _locked(member_id)
    # Looked at under the lock: of two at once, the second finds the password changed.
    if member is None or not _resets.check_token(member, signature):
        raise LinkInvalid()
    return member


def read_confirmation(token: str) -> Confirmed:
    """Needs a transaction. Raises LinkInvalid."""
    try:
        content = _confirmations.unsign_object(token, max_age=CONFIRMATION_LIFETIME)
    except (signing.BadSignature, ValueError) as error:
        raise LinkInvalid() from error
    member = _locked(content["member"])
    if member is None or not constant_time_compare(content["state"], _state(member)):
        raise LinkInvalid()
    return Confirmed(member=member, email=content["email"])


def _state(member: Member) -> str:
    return salted_hmac("accounts.links.state", f"{member.password}\0{member.email}").hexdigest()


def _locked(member_id: str) -> Member | None:
    try:
        key = UUID(member_id)
    except ValueError:
        return None
    # The weaker lock, which leaves others free to refer to the member.
    members = Member.objects.select_for_update(no_key=True)
    return members.filter(id=key, is_active=True).first()
