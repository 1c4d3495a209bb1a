"""Exchanging a refresh token: once, by one, and never after the session ended."""

from datetime import timedelta

import pytest
from django.db.models import F
from rest_framework.test import APIClient
from support.racing import at_once_up_to_writing
from support.refusals import refused
from support.sending import send

from accounts.credentials import sessions, tokens
from accounts.models import Session, SpentRefreshToken


@pytest.fixture
def pair(member):
    return sessions.open_session(member=member, user_agent="pytest")


def refresh(token):
    return send(APIClient(), "POST", "/api/v1/auth/refresh", {"refresh": token})


def me(access):
    return APIClient(headers={"Authorization": f"Bearer {access}"}).get("/api/v1/me")


def let_the_grace_pass():
    past = sessions.REUSE_GRACE + timedelta(seconds=1)
    SpentRefreshToken.objects.update(spent_at=F("spent_at") - past)


@pytest.mark.django_db
def test_a_new_pair_works_and_so_does_the_next(pair):
    second = refresh(pair.refresh).json()
    third = refresh(second["refresh"]).json()

    assert set(third) == {"access", "refresh"}
    assert me(third["access"]).status_code == 200
    assert len({pair.refresh, second["refresh"], third["refresh"]}) == 3


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_exactly_one_wins(pair):
    refreshes = [lambda: refresh(pair.refresh)] * 6

    answers = at_once_up_to_writing("accounts_spentrefreshtoken", refreshes)

    winners = [answer for answer in answers if answer.status_code == 200]
    assert len(winners) == 1
    for loser in answers:
        if loser is not winners[0]:
            refused(loser, 401, "token_rotated")
    assert me(winners[0].json()["access"]).status_code == 200
    assert refresh(winners[0].json()["refresh"]).status_code == 200


@pytest.mark.django_db
def test_a_second_use_soon_after_leaves_the_session_alive(pair):
    new = refresh(pair.refresh).json()

    refused(refresh(pair.refresh), 401, "token_rotated")

    assert me(new["access"]).status_code == 200
    assert refresh(new["refresh"]).status_code == 200


@pytest.mark.django_db
def test_a_late_second_use_ends_the_session(pair):
    new = refresh(pair.refresh).json()
    let_the_grace_pass()

    refused(refresh(pair.refresh), 401, "token_reused")

    refused(me(pair.access), 401, "session_ended")
    refused(me(new["access"]), 401, "session_ended")
    refused(refresh(new["refresh"]), 401, "token_invalid")


@pytest.mark.django_db
def test_a_late_second_use_leaves_other_sessions_alone(pair, member):
    other = sessions.open_session(member=member, user_agent="another device")
    refresh(pair.refresh)
    let_the_grace_pass()
    refresh(pair.refresh)

    assert me(other.access).status_code == 200
    assert refresh(other.refresh).status_code == 200


@pytest.mark.django_db
def test_a_session_that_was_ended_gives_no_tokens(pair):
    sessions.revoke(Session.objects.get())

    refused(refresh(pair.refresh), 401, "token_invalid")
    assert not SpentRefreshToken.objects.exists()


@pytest.mark.django_db
def test_a_deleted_member_gets_no_tokens(pair, member):
    member.delete()

    refused(refresh(pair.refresh), 401, "token_invalid")


@pytest.mark.django_db
def test_a_deactivated_member_gets_no_tokens(pair, member):
    member.is_active = False
    member.save()

    refused(refresh(pair.refresh), 401, "token_invalid")


@pytest.mark.django_db
def test_an_access_token_is_no_refresh_token(pair):
    refused(refresh(pair.access), 401, "token_invalid")


@pytest.mark.django_db
def test_an_expired_refresh_token_is_refused(pair):
    token = tokens.read_refresh(pair.refresh)
    token.set_exp(lifetime=-timedelta(seconds=1))

    refused(refresh(str(token)), 401, "token_invalid")


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "토큰", "e30.e30."])
def test_what_is_no_token_is_refused(token):
    refused(refresh(token), 401, "token_invalid")


@pytest.mark.django_db
@pytest.mark.parametrize("token", [None, 5, "", ["x"], "x" * 4097, "\x00", "\ud800"], ids=ascii)
def test_a_token_of_the_wrong_type_is_named(token):
    refused(refresh(token), 400, "invalid", "refresh")
