"""What a link in a mail does: sets a new password, or proves an address."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import links, members
from .mails import outbox
from .mails.readers import Reader
from .members import EmailTaken
from .models import MailKind, Member


def request_reset(*, email: str, reader: Reader) -> None:
    """Sends a mail if an active member has the address; the work here is the same if not."""
    outbox.post(MailKind.PASSWORD_RESET, email=email, reader=reader)


@transaction.atomic
def reset_password(*, token: str, password: str, reader: Reader) -> Member:
    """By a link that is good once; every session ends. It proves the address, too.

    Raises LinkInvalid, and FieldError for a weak password, after which the link is still good.
    """
    member = links.read_reset(token)
    members.replace_password(member=member, password=password, reader=reader)
    return member


def request_verification(*, email: str, reader: Reader) -> None:
    """Sends the mail again if a member has the address, and has not proven it yet."""
    outbox.post(MailKind.EMAIL_VERIFICATION, email=email, reader=reader)


@transaction.atomic
def confirm_email(*, token: str, reader: Reader) -> None:
    """Proves the member's address, or makes the proven one the member's.

    Raises LinkInvalid, and EmailTaken for an address that another took meanwhile.
    """
    confirmed = links.read_confirmation(token)
    if confirmed.email != confirmed.member.email:
        _move(confirmed.member, confirmed.email, reader)
    elif confirmed.member.email_verified_at is None:
        _save(confirmed.member)


def _move(member: Member, email: str, reader: Reader) -> None:
    former, member.email = member.email, email
    try:
        with transaction.atomic():
            _save(member)
    except IntegrityError as error:
        raise EmailTaken() from error
    outbox.post(MailKind.EMAIL_CHANGED, email=former, reader=reader)


def _save(member: Member) -> None:
    member.email_verified_at = timezone.now()
    member.save(update_fields=["email", "email_verified_at"])
