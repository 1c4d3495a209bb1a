"""Every address of the admin, asked by everybody who is not of the staff."""

from uuid import uuid4

import pytest
from django.test import Client
from support.doors import of_the_staff
from support.operations import signed_in
from support.people import make_member

from accounts.credentials import keys, sessions
from accounts.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
LOGIN = "/admin/login/?next="
NAMED = {"app_label": "chat", "url": "no/such/page", "object_id": uuid4(), "button": "cancel"}
# Of the staff, but with no permission: these tell nothing of anybody.
HARMLESS = {"", "logout/", "jsi18n/", "overview/", "overview/figures"}
each = pytest.mark.parametrize("path", [name.split()[1] for name in of_the_staff()])


def answers(client, path, **headers):
    address = path.format(**NAMED)
    return [call(address, headers=headers) for call in (client.get, client.post)]


def assert_shut(answer, path):
    """Sent to the login, or for `logout` to the page that sends there; nothing else."""
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith(LOGIN) or path == "/admin/logout/"
    assert answer.content == b""


@each
def test_without_a_cookie(path):
    for answer in answers(Client(), path):
        assert_shut(answer, path)


@each
def test_with_a_members_token_or_key(path, member):
    Member.objects.filter(id=member.id).update(is_staff=True, is_superuser=True)
    access = sessions.open_session(member=member, user_agent="pytest").access
    for token in (access, keys.create(member=member, name="A program").text):
        for answer in answers(Client(), path, Authorization=f"Bearer {token}"):
            assert_shut(answer, path)


@each
@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_with_the_cookie_of_somebody_who_was_of_the_staff(path, change):
    once = make_member(is_staff=True, is_superuser=True)
    client = signed_in(once)
    Member.objects.filter(id=once.id).update(**change)

    for answer in answers(client, path):
        assert_shut(answer, path)


@each
def test_of_the_staff_without_a_permission(path):
    if path.removeprefix("/admin/") in HARMLESS:
        return
    client = signed_in(make_member(is_staff=True))

    for call in (client.get, client.post):
        answer = call(path.format(**NAMED), follow=True)
        # Of what is not there Django tells on the first page, which shows nothing.
        assert answer.status_code in {403, 404, 405} or answer.request["PATH_INFO"] == "/admin/"
