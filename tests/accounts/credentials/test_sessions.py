"""Where a member is signed in, and signing out there."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused

from accounts.credentials import sessions
from accounts.models import Session

pytestmark = pytest.mark.django_db

PATH = "/api/v1/me/sessions"


def signed_in(member, user_agent="there"):
    pair = sessions.open_session(member=member, user_agent=user_agent)
    return APIClient(headers={"Authorization": f"Bearer {pair.access}"})


def listed(client):
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_every_place_is_listed_the_latest_first(member):
    here = signed_in(member, "Firefox")
    signed_in(member, "curl")
    signed_in(make_member())

    there, this = listed(here)

    assert set(this) == {"id", "user_agent", "created_at", "refreshed_at", "current"}
    assert (this["user_agent"], this["current"]) == ("Firefox", True)
    assert (there["user_agent"], there["current"]) == ("curl", False)


def test_ended_and_forgotten_sessions_are_not_listed(api, member):
    signed_in(member).post("/api/v1/auth/logout")
    signed_in(member, "forgotten")
    old = timezone.now() - timedelta(days=31)
    Session.objects.filter(user_agent="forgotten").update(refreshed_at=old)

    assert [session["current"] for session in listed(api)] == [True]


def test_the_list_comes_in_pages(api, member):
    for _ in range(4):
        signed_in(member)

    page = api.get(PATH, {"page_size": 3}).json()

    assert [session["current"] for session in page["results"]] == [False] * 3
    rest = api.get(page["next"]).json()["results"]
    assert [session["current"] for session in rest] == [False, True]
    refused(api.get(PATH, {"cursor": "x"}), 400, "invalid", "cursor")
    refused(api.get(PATH, {"page_size": 0}), 400, "invalid", "page_size")


def test_signing_out_there_ends_that_session_only(api, member):
    there = signed_in(member)
    (session,) = [session for session in listed(api) if not session["current"]]

    answer = api.delete(f"{PATH}/{session['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    refused(there.get("/api/v1/me"), 401, "session_ended")
    assert len(listed(api)) == 1
    refused(api.delete(f"{PATH}/{session['id']}"), 404, "not_found")


def test_a_member_may_sign_out_here_as_well(api):
    api.delete(f"{PATH}/{listed(api)[0]['id']}")

    refused(api.get(PATH), 401, "session_ended")


def test_another_members_session_is_not_there(api):
    other = make_member()
    theirs = signed_in(other)
    session = Session.objects.get(member=other)

    refused(api.delete(f"{PATH}/{session.id}"), 404, "not_found")

    assert theirs.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("wrong", ["x", "5", "%00", str(uuid.UUID(int=1))])
def test_a_session_that_never_was_is_not_there(api, wrong):
    refused(api.delete(f"{PATH}/{wrong}"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("get", PATH), ("delete", f"{PATH}/{uuid.UUID(int=1)}")]
)
def test_somebody_without_a_token_sees_nothing(method, path):
    refused(getattr(APIClient(), method)(path), 401, "not_authenticated")
