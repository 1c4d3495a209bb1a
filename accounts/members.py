"""Members: signing up and proving a password."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone

from api.errors import DomainError, FieldError

from .credentials import sessions
from .mails import outbox
from .mails.readers import Reader
from .models import ApiKey, MailKind, Member, Session

# Sent with `member`, in the transaction that deletes it and everything of it.
leaving = Signal()
# Sent with `member`, in the transaction in which `reclaim` takes it from whoever had it before.
reclaimed = Signal()


class EmailTaken(FieldError):
    def __init__(self) -> None:
        super().__init__(
            field="email", detail="A member with this e-mail already exists.", code="email_taken"
        )


class PasswordWrong(FieldError):
    """Not a 401: the token that came along counts, and a client must not throw it away."""

    def __init__(self, *, field: str) -> None:
        super().__init__(field=field, detail="The password is not right.", code="password_wrong")


class CredentialsInvalid(DomainError):
    detail = "The e-mail or the password is not right."


def sign_up(*, email: str, password: str, reader: Reader, **profile: Any) -> Member:
    """Makes a member, and sends a mail by which the address is proven.

    `profile` as in `change_profile`. Raises FieldError for a weak password and EmailTaken.
    """
    member = _new(email, password, profile)
    try:
        with transaction.atomic():
            member.save(force_insert=True)
            outbox.post(MailKind.EMAIL_VERIFICATION, email=email, reader=reader)
    except IntegrityError as error:
        raise EmailTaken() from error
    return member


@transaction.atomic
def sign_up_silently(*, email: str, password: str, reader: Reader, **profile: Any) -> None:
    """The same without telling whether the address is taken; only its owner reads that, by mail.

    The work is the same either way. Raises FieldError for a weak password.
    """
    member = _new(email, password, profile)
    # A conflict that raised would cost a statement more than none.
    Member.objects.bulk_create([member], ignore_conflicts=True)
    is_new = Member.objects.filter(id=member.id).exists()
    kind = MailKind.EMAIL_VERIFICATION if is_new else MailKind.ACCOUNT_EXISTS
    outbox.post(kind, email=email, reader=reader)


def authenticate(*, email: str, password: str) -> Member:
    """Raises CredentialsInvalid, after the same work whether or not the member exists."""
    member = Member.objects.with_email(email).filter(is_active=True).first()
    if member is None:
        make_password(password)
        raise CredentialsInvalid()
    if not check_password(password, member.password):
        raise CredentialsInvalid()
    return member


def change_profile(*, member: Member, fields: dict[str, object]) -> Member:
    """Sets the given ones of nickname, born_year and job."""
    for name, value in fields.items():
        setattr(member, name, value)
    member.save(update_fields=list(fields))
    return member


def change_password(
    *, session: Session, current_password: str, new_password: str, reader: Reader
) -> None:
    """Ends all other sessions of the member: one of them may be why the password is changed.

    Raises PasswordWrong, and FieldError for a weak password.
    """
    _prove(session.member, current_password, field="current_password")
    _check_strength(new_password, session.member, field="new_password")
    session.member.set_password(new_password)
    with transaction.atomic():
        session.member.save(update_fields=["password"])
        sessions.revoke_all_but(session)
        outbox.post(MailKind.PASSWORD_CHANGED, email=session.member.email, reader=reader)


def replace_password(*, member: Member, password: str, reader: Reader) -> None:
    """For somebody who has just proven the address, and so is the member; every session ends.

    Needs a transaction, and the member locked. Raises FieldError for a weak password.
    """
    _check_strength(password, member, field="password")
    if member.email_verified_at is None:
        reclaim(member)
    member.set_password(password)
    member.save(update_fields=["password"])
    sessions.revoke_all(member)
    outbox.post(MailKind.PASSWORD_CHANGED, email=member.email, reader=reader)


def request_email(*, member: Member, email: str, password: str, reader: Reader) -> None:
    """Sends a mail to the new address, by which it becomes the member's. Raises PasswordWrong."""
    _prove(member, password, field="password")
    outbox.post(MailKind.EMAIL_CHANGE, email=email, member=member, reader=reader)


def reclaim(member: Member) -> None:
    """Gives a member whose address was never proven to somebody who has just proven it.

    Whoever set it up may have been another, waiting for the owner of the address to come: the
    password, the sessions, the API keys and the providers are worth nothing from now on. Needs a
    transaction.
    """
    now = timezone.now()
    member.set_unusable_password()
    member.email_verified_at = now
    member.save(update_fields=["password", "email_verified_at"])
    sessions.revoke_all(member)
    ApiKey.objects.filter(member=member).delete()
    SocialAccount.objects.filter(user=member).delete()
    reclaimed.send(sender=Member, member=member)


@transaction.atomic
def deactivate(member: Member) -> None:
    """Nobody comes in as this member any more, in whatever way; sockets end with the next sweep."""
    member.is_active = False
    member.save(update_fields=["is_active"])
    sessions.revoke_all(member)


def reactivate(member: Member) -> None:
    """They may sign in again, and their API keys count again; sessions that ended stay ended."""
    member.is_active = True
    member.save(update_fields=["is_active"])


def remove(*, member: Member, password: str) -> None:
    """Deletes the member, with everything that belongs to it. Raises PasswordWrong."""
    _prove(member, password, field="password")
    with transaction.atomic():
        leaving.send(sender=Member, member=member)
        member.delete()


def _new(email: str, password: str, profile: dict[str, Any]) -> Member:
    member = Member(email=email, **profile)
    _check_strength(password, member, field="password")
    member.set_password(password)
    return member


def _prove(member: Member, password: str, *, field: str) -> None:
    if not check_password(password, member.password):
        raise PasswordWrong(field=field)


def _check_strength(password: str, member: Member, *, field: str) -> None:
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise FieldError(field=field, detail=" ".join(error.messages)) from error
