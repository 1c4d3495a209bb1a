"""Tickets for WebSockets: good once, for 30 seconds, for as long as the session lives."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from rest_framework.test import APIClient
from support.racing import at_once
from support.refusals import refused

from accounts.credentials import sessions, tickets, tokens
from accounts.models import Session, SocketTicket

PATH = "/api/v1/auth/ws-ticket"


@pytest.mark.django_db
def test_a_ticket_says_how_long_it_is_good(api):
    answer = api.post(PATH)

    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 30
    assert set(answer.json()) == {"ticket", "expires_in"}


@pytest.mark.django_db
def test_a_ticket_admits_for_as_long_as_the_access_token(member):
    pair = sessions.open_session(member=member, user_agent="pytest")
    client = APIClient(headers={"Authorization": f"Bearer {pair.access}"})

    credential = tickets.redeem(client.post(PATH).json()["ticket"])

    assert credential.member == member
    expiry = tokens.read_access(pair.access)["exp"]
    assert credential.until == datetime.fromtimestamp(expiry, UTC)


@pytest.mark.django_db
def test_a_ticket_is_not_kept_in_clear(api):
    ticket = api.post(PATH).json()["ticket"]

    assert ticket not in str(SocketTicket.objects.values())


@pytest.mark.django_db(transaction=True)
def test_of_several_uses_at_once_exactly_one_is_admitted(api):
    ticket = api.post(PATH).json()["ticket"]

    admissions = at_once([lambda: tickets.redeem(ticket)] * 6)

    assert sum(admission is not None for admission in admissions) == 1
    assert tickets.redeem(ticket) is None


@pytest.mark.django_db
def test_a_ticket_is_too_old_after_30_seconds(api):
    ticket = api.post(PATH).json()["ticket"]
    SocketTicket.objects.update(expires_at=F("expires_at") - timedelta(seconds=30))

    assert tickets.redeem(ticket) is None


@pytest.mark.django_db
def test_a_ticket_dies_with_its_session(api):
    ticket = api.post(PATH).json()["ticket"]
    sessions.revoke(Session.objects.get())

    assert tickets.redeem(ticket) is None


@pytest.mark.django_db
@pytest.mark.parametrize("ticket", ["", "unknown", "토큰", "x" * 10_000], ids=lambda text: text[:8])
def test_an_unknown_ticket_is_not_admitted(ticket):
    assert tickets.redeem(ticket) is None


@pytest.mark.django_db
def test_old_tickets_of_the_session_are_cleared_away(api):
    for _ in range(3):
        api.post(PATH)
    SocketTicket.objects.update(expires_at=F("expires_at") - timedelta(minutes=1))

    api.post(PATH)

    assert SocketTicket.objects.count() == 1


@pytest.mark.django_db
def test_a_ticket_needs_a_signed_in_member():
    refused(APIClient().post(PATH), 401, "not_authenticated")
