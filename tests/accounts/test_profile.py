"""`me`: reading and changing the profile."""

import pytest
from support.refusals import refused

from accounts.models import Member

pytestmark = pytest.mark.django_db


def change(api, **fields):
    return api.patch("/api/v1/me", fields, format="json")


def test_a_member_sees_the_profile_and_nothing_else(api, member):
    body = api.get("/api/v1/me").json()

    assert body.pop("created_at").endswith("Z")
    assert body == {
        "id": str(member.id),
        "email": member.email,
        "email_verified": False,
        "nickname": member.nickname,
        "born_year": None,
        "job": None,
    }


def test_only_what_is_given_changes(api, member):
    change(api, job="Baker")

    answer = change(api, born_year=1999)

    assert answer.json() == api.get("/api/v1/me").json()
    assert answer.json()["job"] == "Baker"
    assert answer.json()["nickname"] == member.nickname


def test_null_takes_back_what_is_optional(api):
    change(api, born_year=1999, job="Baker")

    body = change(api, born_year=None, job=None).json()

    assert body["born_year"] is None
    assert body["job"] is None


def test_nothing_given_changes_nothing(api):
    before = api.get("/api/v1/me").json()

    assert change(api).json() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nickname", None),
        ("nickname", ""),
        ("nickname", "Mi\nna"),
        ("born_year", 1899),
        ("born_year", "1999"),
        ("job", 5),
        ("email", "other@example.com"),
        ("password", "tteokbokki at noon"),
        ("daily_limit", 1000),
        ("is_staff", True),
    ],
    ids=ascii,
)
def test_a_bad_field_is_named_and_nothing_changes(api, member, field, value):
    before = Member.objects.values().get()

    refused(change(api, **{"job": "Baker"} | {field: value}), 400, "invalid", field)

    assert Member.objects.values().get() == before
