"""Ending a session."""

import pytest
from rest_framework.test import APIClient
from support.refusals import refused

from accounts.credentials import sessions

pytestmark = pytest.mark.django_db


def client_with(pair):
    return APIClient(headers={"Authorization": f"Bearer {pair.access}"})


def test_both_tokens_are_dead_at_once(member):
    pair = sessions.open_session(member=member, user_agent="pytest")

    answer = client_with(pair).post("/api/v1/auth/logout")

    assert answer.status_code == 204
    assert answer.content == b""
    refused(client_with(pair).get("/api/v1/me"), 401, "session_ended")
    body = {"refresh": pair.refresh}
    again = APIClient().post("/api/v1/auth/refresh", body, format="json")
    refused(again, 401, "token_invalid")


def test_another_session_of_the_member_lives_on(member):
    here = sessions.open_session(member=member, user_agent="here")
    there = sessions.open_session(member=member, user_agent="there")

    client_with(here).post("/api/v1/auth/logout")

    assert client_with(there).get("/api/v1/me").status_code == 200


def test_signing_out_twice_is_refused_like_any_ended_session(member):
    client = client_with(sessions.open_session(member=member, user_agent="pytest"))
    client.post("/api/v1/auth/logout")

    refused(client.post("/api/v1/auth/logout"), 401, "session_ended")
