"""Becoming a member."""

import pytest
from rest_framework.test import APIClient
from support.racing import at_once_up_to_writing
from support.refusals import refused
from support.sending import send

from accounts.models import Member, Session

pytestmark = pytest.mark.django_db

BODY = {"email": "mina@example.com", "password": "tteokbokki at noon", "nickname": "Mina"}


def sign_up(**changes):
    body = {name: value for name, value in (BODY | changes).items() if value is not ...}
    return send(APIClient(), "POST", "/api/v1/auth/signup", body)


def test_a_new_member_is_signed_in():
    answer = sign_up(born_year=1999, job="Baker")

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"member", "access", "refresh"}
    told = {"id", "email", "email_verified", "nickname", "born_year", "job", "created_at"}
    assert set(body["member"]) == told
    assert body["member"]["born_year"] == 1999
    client = APIClient(headers={"Authorization": f"Bearer {body['access']}"})
    assert client.get("/api/v1/me").json() == body["member"]


def test_what_is_optional_is_null_when_left_out():
    member = sign_up().json()["member"]

    assert member["born_year"] is None
    assert member["job"] is None


def test_an_email_is_taken_whatever_its_case():
    sign_up()

    answer = sign_up(email="MINA@Example.com", nickname="Another")

    refused(answer, 400, "email_taken", "email")
    assert Member.objects.count() == 1
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_with_one_email_at_once_exactly_one_becomes_a_member():
    emails = ["mina@example.com", "MINA@example.com", "Mina@Example.com"] * 2
    calls = [lambda email=email: sign_up(email=email) for email in emails]

    answers = at_once_up_to_writing("accounts_member", calls)

    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 5
    assert {answer.json().get("code") for answer in answers} == {None, "email_taken"}
    assert Member.objects.count() == Session.objects.count() == 1


@pytest.mark.parametrize(
    "password", ["short 7", "password123", "9182736450918", "mina@example.com"], ids=str
)
def test_a_weak_password_is_refused_with_the_reason(password):
    problem = refused(sign_up(password=password), 400, "invalid", "password")

    assert "password" in problem["errors"][0]["detail"].lower()
    assert not Member.objects.exists()


@pytest.mark.parametrize("year", [1900, 2100, None])
def test_birth_years_within_bounds_are_taken(year):
    assert sign_up(born_year=year).json()["member"]["born_year"] == year


BAD_FIELDS = [
    ("email", ...),
    ("email", ""),
    ("email", "mina"),
    ("email", "mina@"),
    ("email", "mina@example.com\r\nBcc: all@example.com"),
    ("email", "m" * 250 + "@example.com"),
    ("email", 5),
    ("email", None),
    ("email", ["mina@example.com"]),
    ("password", ...),
    ("password", ""),
    ("password", 12345678901234),
    ("password", "long " * 30),
    ("password", "tteokbokki\x00at noon"),
    ("nickname", ...),
    ("nickname", "  "),
    ("nickname", "Mi\nna"),
    ("nickname", "Mi\rna"),
    ("nickname", "Mi\u2028na"),
    ("nickname", "Mi\x00na"),
    ("nickname", "Mi\ud800na"),
    ("nickname", "M" * 51),
    ("nickname", {"first": "Mina"}),
    ("born_year", 1899),
    ("born_year", 2101),
    ("born_year", "1999"),
    ("born_year", 1999.0),
    ("born_year", True),
    ("born_year", 10**300),
    ("job", ""),
    ("job", "Baker\nCook"),
    ("job", "Ba\udfffker"),
    ("job", "B" * 101),
    ("job", 7),
    ("is_staff", True),
    ("daily_limit", 1000),
    ("id", "0190a6c8-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS, ids=lambda part: ascii(part)[:30])
def test_a_bad_field_is_named_and_nothing_is_stored(field, value):
    refused(sign_up(**{field: value}), 400, "invalid", field)

    assert not Member.objects.exists()


def test_several_bad_fields_are_named_at_once():
    problem = refused(sign_up(email="mina", nickname="", born_year=1), 400, "invalid")

    assert {error["field"] for error in problem["errors"]} == {"email", "nickname", "born_year"}


def test_passwords_are_kept_as_argon2(settings):
    from config import settings as configured

    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS

    sign_up()

    assert Member.objects.get().password.startswith("argon2$argon2id$")
