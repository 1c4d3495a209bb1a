"""Mails on their way: noted with what they are about, taken for a lease, deleted when they went.

A worker that dies while it sends leaves a lease behind, after which another one sends again: at
least once, under the same Message-ID.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Mail, MailKind, Member
from accounts.throttling import mailboxes

from .readers import Reader

_ASKED_FOR = {
    MailKind.EMAIL_VERIFICATION,
    MailKind.ACCOUNT_EXISTS,
    MailKind.EMAIL_CHANGE,
    MailKind.PASSWORD_RESET,
}
# Longer than a mail server may take, see EMAIL_TIMEOUT.
LEASE = timedelta(seconds=60)
# After a failure; after the last one the mail is given up, and its link would soon be too old.
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600)]


def post(kind: MailKind, *, email: str, reader: Reader, member: Member | None = None) -> None:
    """Notes a mail; within a transaction it goes out if that commits.

    One that anybody can ask for is left out when the address got several of late.
    """
    if kind in _ASKED_FOR and not mailboxes.may_get(email=email, about=kind):
        return
    Mail.objects.create(
        kind=kind,
        email=email,
        member=member,
        language=reader.language,
        client=reader.client,
        due_at=Now(),
    )


def claim(*, limit: int) -> list[Mail]:
    """Takes what is due, and waited longest, for a lease; several workers at once share it."""
    with transaction.atomic():
        due = Mail.objects.select_for_update(skip_locked=True).filter(due_at__lte=Now())
        ids = list(due.order_by("due_at").values_list("id", flat=True)[:limit])
        taken = Mail.objects.filter(id__in=ids)
        taken.update(attempts=F("attempts") + 1, due_at=Now() + LEASE)
        return list(taken.select_related("member"))


def finish(mail: Mail) -> None:
    """It went out, or never will. Changes nothing when the lease was over and another took it."""
    _held(mail).delete()


def put_off(mail: Mail) -> timedelta | None:
    """The pause until it is tried again; None when it was given up."""
    if mail.attempts > len(PAUSES):
        finish(mail)
        return None
    pause = PAUSES[mail.attempts - 1]
    _held(mail).update(due_at=Now() + pause)
    return pause


def hand_back(mails: list[Mail]) -> None:
    """Their attempts were cut short; others may make them anew at once."""
    for mail in mails:
        _held(mail).update(due_at=Now())


def _held(mail: Mail) -> Any:
    return Mail.objects.filter(id=mail.id, attempts=mail.attempts)
