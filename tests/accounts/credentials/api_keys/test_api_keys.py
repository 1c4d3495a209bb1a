"""Personal API keys: made and shown once, listed, revoked, and of no use to take over."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient
from support.accounts.api_keys import ME, PATH, made, with_key
from support.people import PASSWORD, make_member
from support.refusals import refused

from accounts.credentials import keys, sessions
from accounts.credentials.authentication import prove
from accounts.models import ApiKey, Session

pytestmark = pytest.mark.django_db


def test_a_new_key_is_shown_whole(api):
    key = made(api, "my laptop")

    assert set(key) == {"id", "name", "key", "created_at", "last_used_at"}
    assert (key["name"], key["last_used_at"]) == ("my laptop", None)
    assert key["key"].startswith("mg_")
    assert len(key["key"]) >= 3 + 43  # 32 bytes in base64


def test_the_key_itself_is_kept_nowhere(api, key):
    stored = str([list(model.objects.values()) for model in (ApiKey, Session)])

    assert key["key"] not in stored
    assert key["key"].removeprefix("mg_") not in stored
    assert len(ApiKey.objects.get().digest) == 64


def test_keys_are_listed_the_newest_first_and_never_shown_again(api, client_of):
    first, second = made(api, "first"), made(api, "second")
    made(client_of(make_member()), "theirs")

    listed = api.get(PATH).json()["results"]

    for row in (first, second):
        del row["key"]
    assert listed == [second, first]


def test_the_list_comes_in_pages(api):
    for number in range(4):
        made(api, f"key {number}")

    page = api.get(PATH, {"page_size": 3}).json()

    assert [key["name"] for key in page["results"]] == ["key 3", "key 2", "key 1"]
    assert [key["name"] for key in api.get(page["next"]).json()["results"]] == ["key 0"]


def test_a_revoked_key_is_refused_at_once_and_others_live(api, key):
    other = made(api)
    assert with_key(key["key"]).get(ME).status_code == 200

    answer = api.delete(f"{PATH}/{key['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    refused(with_key(key["key"]).get(ME), 401, "key_invalid")
    assert with_key(other["key"]).get(ME).status_code == 200
    assert [row["id"] for row in api.get(PATH).json()["results"]] == [other["id"]]
    refused(api.delete(f"{PATH}/{key['id']}"), 404, "not_found")


def test_another_members_key_is_not_there(api, client_of):
    theirs = made(client_of(make_member()))

    refused(api.delete(f"{PATH}/{theirs['id']}"), 404, "not_found")

    assert with_key(theirs["key"]).get(ME).status_code == 200


@pytest.mark.parametrize("wrong", ["x", "5", "%00", str(uuid.UUID(int=1))])
def test_a_key_that_never_was_is_not_there(api, wrong):
    refused(api.delete(f"{PATH}/{wrong}"), 404, "not_found")


@pytest.mark.parametrize("name", ["two\nlines", "x" * 101, "\u2028"], ids=ascii)
def test_a_name_is_one_short_line(api, name):
    refused(api.post(PATH, {"name": name}, format="json"), 400, "invalid", "name")

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"), [("get", PATH), ("post", PATH), ("delete", f"{PATH}/{uuid.UUID(int=1)}")]
)
def test_somebody_without_a_token_sees_and_makes_nothing(method, path):
    refused(getattr(APIClient(), method)(path), 401, "not_authenticated")


@pytest.mark.django_db(transaction=True)
def test_of_a_thousand_at_once_no_more_than_allowed_are_made(member):
    def attempt(number):
        try:
            keys.create(member=member, name=f"key {number}")
        except keys.KeyLimitReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=24) as threads:
        made = list(threads.map(attempt, range(1000)))

    assert made.count(True) == ApiKey.objects.count() == keys.MAX_PER_MEMBER
    assert keys.create(member=make_member(), name="theirs")


def test_beyond_the_bound_is_told_and_revoking_makes_room(api, monkeypatch):
    monkeypatch.setattr(keys, "MAX_PER_MEMBER", 2)
    first, _ = made(api), made(api)

    refused(api.post(PATH, {"name": "third"}, format="json"), 409, "key_limit_reached")

    api.delete(f"{PATH}/{first['id']}")
    made(api)
    assert ApiKey.objects.count() == 2


# What it may not do

FORBIDDEN = {
    "change the password": (
        "post",
        f"{ME}/password",
        {"current_password": PASSWORD, "new_password": "kimchi at midnight 9"},
    ),
    "make a key": ("post", PATH, {"name": "another"}),
    "revoke a key": ("delete", f"{PATH}/{{key}}", None),
    "end a session": ("delete", f"{ME}/sessions/{{session}}", None),
    "sign out": ("post", "/api/v1/auth/logout", None),
    "change the profile": ("patch", ME, {"nickname": "Mina"}),
    "delete the account": ("delete", ME, {"password": PASSWORD}),
}


def test_a_key_changes_neither_password_nor_keys_nor_sessions_nor_account(subtests, api, key):
    client = with_key(key["key"])
    client.get(ME)  # from here on its use is not noted again
    places = {"key": key["id"], "session": Session.objects.get().id}

    def rows():
        tables = (type(prove(key["key"]).member), Session, ApiKey)
        return [list(table.objects.values()) for table in tables]

    before = rows()
    for what, (method, path, body) in FORBIDDEN.items():
        with subtests.test(what):
            answer = getattr(client, method)(path.format(**places), body, format="json")
            refused(answer, 403, "key_not_allowed")
            assert rows() == before


def test_a_session_may_do_all_of_that(subtests, redis):
    """Without this, the refusals above could have any reason."""
    for what, (method, path, body) in FORBIDDEN.items():
        with subtests.test(what):
            member = make_member()
            pair = sessions.open_session(member=member, user_agent="pytest")
            client = with_key(pair.access)
            session = Session.objects.get(member=member)
            places = {"key": made(client)["id"], "session": session.id}
            answer = getattr(client, method)(path.format(**places), body, format="json")
            assert answer.status_code < 300, answer.content
