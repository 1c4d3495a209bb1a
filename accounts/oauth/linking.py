"""Whose account an identity opens: the member's it is linked to, joins, or makes."""

import structlog
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import members
from accounts.mails import outbox
from accounts.mails.readers import Reader
from accounts.members import EmailTaken
from accounts.models import MailKind, Member
from api.errors import DomainError

from .identities import Identity, nickname_of

log = structlog.get_logger(__name__)


class EmailRequired(DomainError):
    detail = "The provider told no e-mail address. Send the same code again, with an `email`."


class EmailUnverified(DomainError):
    detail = (
        "A member with this e-mail exists, and the provider does not vouch that it is yours."
        " Sign in with the password, or verify the address at the provider."
    )


class MemberDeactivated(DomainError):
    detail = "This account was deactivated."


def member_of(identity: Identity, *, typed_email: str | None, reader: Reader) -> Member:
    """The member whom the identity opens from now on.

    `typed_email` counts only where the provider told none. Who is new and has not proven their
    address gets the mail by which they can. Raises EmailRequired, EmailTaken for a typed address
    that has a member, EmailUnverified and MemberDeactivated.
    """
    try:
        return _member_of(identity, typed_email, reader)
    except IntegrityError:
        # Somebody was made or linked at the same moment; now there is somebody to be found.
        return _member_of(identity, typed_email, reader)


@transaction.atomic
def _member_of(identity: Identity, typed_email: str | None, reader: Reader) -> Member:
    member = _linked(identity) or _joined(identity) or _made(identity, typed_email, reader)
    if not member.is_active:
        raise MemberDeactivated()
    return member


def _linked(identity: Identity) -> Member | None:
    key = {"provider": identity.realm, "uid": identity.uid}
    account = SocialAccount.objects.select_related("user").filter(**key).first()
    if account is None:
        return None
    member: Member = account.user
    if member.email_verified_at is None and member.email.lower() in identity.verified:
        member.email_verified_at = timezone.now()
        member.save(update_fields=["email_verified_at"])
    return member


def _joined(identity: Identity) -> Member | None:
    """Only an address that the provider vouches for opens an account that exists."""
    for email in identity.verified:
        # One after another: of two who come at once, the second finds the address verified.
        member = Member.objects.with_email(email).select_for_update(no_key=True).first()
        if member is not None:
            _join(identity, member)
            return member
    return None


def _join(identity: Identity, member: Member) -> None:
    if member.email_verified_at is None:
        members.reclaim(member)
    _link(identity, member)
    log.info("oauth.joined", realm=identity.realm, member=str(member.id))


def _made(identity: Identity, typed_email: str | None, reader: Reader) -> Member:
    email = identity.email or typed_email
    if email is None:
        raise EmailRequired()
    # A verified one would have joined; whoever has it since a moment ago breaks the insert.
    if not identity.email_is_verified and Member.objects.with_email(email).exists():
        raise EmailUnverified() if identity.email else EmailTaken()
    member = Member(
        email=email,
        email_verified_at=timezone.now() if identity.email_is_verified else None,
        nickname=identity.nickname or nickname_of(email.partition("@")[0]),
    )
    member.set_unusable_password()
    member.save(force_insert=True)
    if not identity.email_is_verified:
        outbox.post(MailKind.EMAIL_VERIFICATION, email=email, reader=reader)
    _link(identity, member)
    log.info("oauth.signed_up", realm=identity.realm, member=str(member.id))
    return member


def _link(identity: Identity, member: Member) -> None:
    # Nothing else of the profile is kept: nobody here needs it.
    SocialAccount.objects.create(user=member, provider=identity.realm, uid=identity.uid)
