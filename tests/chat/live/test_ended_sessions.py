"""Sockets of those who were signed out elsewhere."""

import pytest
from rest_framework.test import APIClient
from support.drivers.socket_driver import access_of, open_session, opened
from support.people import PASSWORD

from accounts.credentials import keys
from accounts.credentials.authentication import prove
from accounts.models import Session
from api import threads

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis", "own_layer"),
]


@pytest.fixture(autouse=True)
def _often(settings):
    settings.SOCKET_SWEEP_SECONDS = 0.1


def client_with(session):
    return APIClient(headers={"Authorization": f"Bearer {access_of(session)}"})


def change_password(session):
    body = {"current_password": PASSWORD, "new_password": "kimchi at midnight 9"}
    answer = client_with(session).post("/api/v1/me/password", body, format="json")
    assert answer.status_code == 204, answer.content


def sign_out_there(session, there):
    answer = client_with(session).delete(f"/api/v1/me/sessions/{there.id}")
    assert answer.status_code == 204, answer.content


def leave(session):
    answer = client_with(session).delete("/api/v1/me", {"password": PASSWORD}, format="json")
    assert answer.status_code == 204, answer.content


async def test_a_new_password_closes_all_other_sockets(member):
    here, there = [await threads.run(open_session, member) for _ in range(2)]
    async with opened(member, session=here) as kept, opened(member, session=there) as other:
        await threads.run(change_password, here)

        assert await other.closed_with() == 4401
        await kept.say(type="ping")
        assert (await kept.next())["type"] == "pong"


async def test_signing_out_there_closes_the_sockets_there(member):
    here, there = [await threads.run(open_session, member) for _ in range(2)]
    async with opened(member, session=here) as kept, opened(member, session=there) as other:
        await threads.run(sign_out_there, here, there)

        assert await other.closed_with() == 4401
        await kept.say(type="ping")
        assert (await kept.next())["type"] == "pong"


async def test_leaving_closes_every_socket(member):
    here = await threads.run(open_session, member)
    async with opened(member, session=here) as one, opened(member) as two:
        await threads.run(leave, here)

        assert await one.closed_with() == await two.closed_with() == 4401
    assert await threads.run(Session.objects.count) == 0


async def test_a_socket_of_an_api_key_closes_when_the_key_is_revoked(member):
    made = await threads.run(lambda: keys.create(member=member, name="A program"))
    of_the_key = await threads.run(prove, made.text)
    async with opened(member, session=of_the_key.source) as socket, opened(member) as other:
        await socket.say(type="authenticate", access=made.text)
        assert (await socket.next())["type"] == "ready"

        await threads.run(lambda: keys.revoke(member=member, key_id=made.row.id))

        assert await socket.closed_with() == 4401
        await other.say(type="ping")
        assert (await other.next())["type"] == "pong"
