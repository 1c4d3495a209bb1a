"""Proving a password."""

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from rest_framework.test import APIClient
from support.people import PASSWORD, make_member
from support.refusals import refused
from support.sending import send

from accounts.models import Member, Session

pytestmark = pytest.mark.django_db


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was hashed."""

    algorithm = "counting"
    times = 0

    def encode(self, password, salt):
        CountingHasher.times += 1
        return super().encode(password, salt)


@pytest.fixture
def hashed(settings):
    """How often the call hashed a password."""
    settings.PASSWORD_HASHERS = ["test_signing_in.CountingHasher"]

    def count(call):
        before = CountingHasher.times
        call()
        return CountingHasher.times - before

    return count


def log_in(email, password=PASSWORD, **more):
    body = {"email": email, "password": password} | more
    return send(APIClient(), "POST", "/api/v1/auth/login", body)


def test_the_right_password_opens_a_session(member):
    answer = log_in(member.email)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert Session.objects.get().member == member


def test_the_case_of_the_email_does_not_matter():
    make_member(email="Mina@Example.com")

    assert log_in("mina@exampLE.com").status_code == 200


def test_the_look_up_by_email_uses_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Member.objects.with_email("mina@example.com").explain()

    assert "email_is_unique_ignoring_case" in plan


def test_a_wrong_password_and_an_unknown_email_are_refused_alike(member):
    wrong = log_in(member.email, "not the password")
    unknown = log_in("nobody@example.com")

    assert refused(wrong, 401, "credentials_invalid") == refused(
        unknown, 401, "credentials_invalid"
    )
    assert not Session.objects.exists()


def test_a_deactivated_member_is_refused_like_an_unknown_one(member):
    Member.objects.update(is_active=False)

    refused(log_in(member.email), 401, "credentials_invalid")


def test_refusing_takes_the_same_work_whether_or_not_the_member_exists(hashed):
    member = make_member()
    gone = make_member(is_active=False)

    works = {
        hashed(lambda: log_in(member.email, "not the password")),
        hashed(lambda: log_in("nobody@example.com", "not the password")),
        hashed(lambda: log_in(gone.email, "not the password")),
        hashed(lambda: log_in(gone.email)),
    }

    assert works == {1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None),
        ("email", 5),
        ("email", "mina\x00@example.com"),
        ("email", "m\ud800@example.com"),
        ("password", True),
        ("password", "with\x00nul"),
        ("password", "x" * 129),
        ("remember_me", True),
    ],
    ids=ascii,
)
def test_a_bad_field_is_named(member, field, value):
    refused(log_in(**({"email": member.email} | {field: value})), 400, "invalid", field)


def test_a_token_that_is_sent_along_is_not_looked_at(member):
    client = APIClient(headers={"Authorization": "Bearer nonsense"})
    body = {"email": member.email, "password": PASSWORD}

    assert client.post("/api/v1/auth/login", body, format="json").status_code == 200
