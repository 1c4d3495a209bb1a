"""Members: signing up and proving a password."""

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from api.errors import DomainError, FieldError

from .models import Member


class EmailTaken(FieldError):
    def __init__(self) -> None:
        super().__init__(
            field="email", detail="A member with this e-mail already exists.", code="email_taken"
        )


class CredentialsInvalid(DomainError):
    detail = "The e-mail or the password is not right."


def sign_up(
    *, email: str, password: str, nickname: str, born_year: int | None, job: str | None
) -> Member:
    """Raises FieldError for a weak password and EmailTaken."""
    member = Member(email=email, nickname=nickname, born_year=born_year, job=job)
    _check_strength(password, member)
    member.set_password(password)
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        raise EmailTaken() from error
    return member


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


def _check_strength(password: str, member: Member) -> None:
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise FieldError(field="password", detail=" ".join(error.messages)) from error
