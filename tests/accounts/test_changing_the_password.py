"""A new password: the old one is asked for, and everybody else is signed out."""

import pytest
from rest_framework.test import APIClient
from support.people import PASSWORD, make_member
from support.refusals import refused

from accounts.credentials import sessions

pytestmark = pytest.mark.django_db

NEW = "kimchi at midnight 9"


def change(api, **fields):
    body = {"current_password": PASSWORD, "new_password": NEW} | fields
    return api.post("/api/v1/me/password", body, format="json")


def log_in(member, password):
    body = {"email": member.email, "password": password}
    return APIClient().post("/api/v1/auth/login", body, format="json")


def test_the_new_password_counts_and_the_old_one_no_more(api, member):
    answer = change(api)

    assert (answer.status_code, answer.content) == (204, b"")
    assert log_in(member, NEW).status_code == 200
    refused(log_in(member, PASSWORD), 401, "credentials_invalid")


def test_all_other_sessions_end_and_this_one_lives(api, member, client_of):
    there = sessions.open_session(member=member, user_agent="there")
    other = client_of(make_member())
    client = APIClient(headers={"Authorization": f"Bearer {there.access}"})
    assert client.get("/api/v1/me").status_code == 200

    change(api)

    refused(client.get("/api/v1/me"), 401, "session_ended")
    again = APIClient().post("/api/v1/auth/refresh", {"refresh": there.refresh}, format="json")
    refused(again, 401, "token_invalid")
    assert api.get("/api/v1/me").status_code == 200
    assert other.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("wrong", ["x", PASSWORD.upper(), f"{PASSWORD} ", NEW])
def test_a_wrong_password_is_named_and_nothing_changes(api, member, client_of, wrong):
    there = client_of(member)

    refused(change(api, current_password=wrong), 400, "password_wrong", "current_password")

    assert log_in(member, PASSWORD).status_code == 200
    assert there.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("weak", ["short", "12345678901", "password123", "member"])
def test_a_weak_password_is_named_and_nothing_changes(api, member, weak):
    refused(change(api, new_password=weak), 400, "invalid", "new_password")

    assert log_in(member, PASSWORD).status_code == 200


def test_somebody_without_a_token_changes_nothing(member):
    refused(change(APIClient()), 401, "not_authenticated")
