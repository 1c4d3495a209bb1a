"""Writing a mail, at the moment it is sent: only now are its link made and its reader looked up."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.encoding import iri_to_uri

from accounts import links
from accounts.models import Mail, MailKind, Member

from .texts import TEXTS

# Parts of the client's addresses. A token stands behind the `#`, which browsers keep to
# themselves: no log and no Referer ever holds one.
LOGIN, FORGOTTEN = "login", "forgot-password"
NEW_PASSWORD, CONFIRMATION = "reset-password#", "confirm-email#"


def compose(mail: Mail) -> EmailMessage | None:
    """None where there is nobody, or no longer a reason, to write to."""
    match mail.kind:
        case MailKind.EMAIL_CHANGE:
            return _for_a_change(mail)
        case MailKind.EMAIL_CHANGED | MailKind.PASSWORD_CHANGED:
            return _written(mail, to=mail.email)
    member = _member_with(mail.email)
    if member is None:
        return None
    # To the address as it is stored: what was typed may only look the same to the database.
    return _for_the_member(mail, member)


def _for_the_member(mail: Mail, member: Member) -> EmailMessage | None:
    match mail.kind:
        case MailKind.PASSWORD_RESET:
            return _written(mail, to=member.email, link=NEW_PASSWORD + links.to_reset(member))
        case MailKind.EMAIL_VERIFICATION if member.email_verified_at is None:
            link = CONFIRMATION + links.to_confirm(member, email=member.email)
            return _written(mail, to=member.email, link=link)
        case MailKind.ACCOUNT_EXISTS:
            return _written(mail, to=member.email)
    return None


def _for_a_change(mail: Mail) -> EmailMessage | None:
    if mail.member is None or not mail.member.is_active:
        return None
    other = Member.objects.with_email(mail.email).exclude(id=mail.member.id).first()
    if other is not None:
        mail.kind = MailKind.ACCOUNT_EXISTS
        return _written(mail, to=other.email) if other.is_active else None
    link = CONFIRMATION + links.to_confirm(mail.member, email=mail.email)
    return _written(mail, to=mail.email, link=link)


def _member_with(email: str) -> Member | None:
    return Member.objects.with_email(email).filter(is_active=True).first()


def _written(mail: Mail, *, to: str, link: str = "") -> EmailMessage:
    subject, text = TEXTS[mail.language][MailKind(mail.kind)]
    places = {"link": link, "login": LOGIN, "forgotten": FORGOTTEN}
    body = text.format(**{name: iri_to_uri(mail.client + path) for name, path in places.items()})
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {
        "Message-ID": f"<{mail.id}@{domain}>",
        # RFC 3834: so that no vacation note answers.
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(f"[Malgil] {subject}", body, to=[to], headers=headers)
