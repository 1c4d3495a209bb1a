"""Personal API keys: shown once, good wherever an access token is, and of no use to take over."""

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient
from support.people import PASSWORD, make_member
from support.racing import at_once
from support.refusals import refused
from support.talking import begin, post_reply

from accounts.credentials import keys, sessions, tickets
from accounts.credentials.authentication import prove, require_living
from accounts.credentials.credential import active_ids
from accounts.models import ApiKey, Session, SocketTicket

PATH = "/api/v1/me/keys"
ME = "/api/v1/me"

pytestmark = pytest.mark.django_db


def with_key(text):
    return APIClient(headers={"Authorization": f"Bearer {text}"})


def made(api, name="laptop"):
    answer = api.post(PATH, {"name": name}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def key(api):
    return made(api)


# Making, listing, revoking


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


@pytest.mark.parametrize("wrong", ["x", "5", "%00", str(uuid.uuid4())])
def test_a_key_that_never_was_is_not_there(api, wrong):
    refused(api.delete(f"{PATH}/{wrong}"), 404, "not_found")


@pytest.mark.parametrize("name", ["two\nlines", "x" * 101, "\u2028"], ids=ascii)
def test_a_name_is_one_short_line(api, name):
    refused(api.post(PATH, {"name": name}, format="json"), 400, "invalid", "name")

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"), [("get", PATH), ("post", PATH), ("delete", f"{PATH}/{uuid.uuid4()}")]
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


# Showing it


def test_a_key_is_accepted_wherever_an_access_token_is(redis, member, key):
    client = with_key(key["key"])

    assert client.get(ME).json()["id"] == str(member.id)
    conversation = begin(client, intake=False)
    reply = post_reply(client, conversation, message="Hello")
    assert reply.status_code == 202
    assert client.get(f"/api/v1/replies/{reply.json()['id']}").status_code == 200
    assert client.get(PATH).status_code == 200
    listed = client.get("/api/v1/me/sessions").json()["results"]
    assert [session["current"] for session in listed] == [False]


def test_a_key_reaches_its_member_only(redis, api, client_of):
    theirs = begin(client_of(make_member()))

    client = with_key(made(api)["key"])

    refused(client.get(f"/api/v1/conversations/{theirs['id']}"), 404, "not_found")


def changed(text, place):
    other = "A" if text[place] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


WRONG = {
    "another": lambda key: "mg_" + "A" * 43,
    "changed": lambda key: changed(key, 10),
    "longer": lambda key: key + "A",
    "shorter": lambda key: key[:-1],
    "upper case": lambda key: "mg_" + key[3:].swapcase(),
    "prefix only": lambda key: "mg_",
    "oversized": lambda key: key + "A" * 100_000,
    "latin": lambda key: key[:-1] + "\xff",
    "spaced": lambda key: key[:9] + " " + key[9:],
    "its digest": lambda key: "mg_" + ApiKey.objects.get().digest[:43],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_key_is_refused(key, wrong):
    refused(with_key(WRONG[wrong](key["key"])).get(ME), 401, "key_invalid")


def test_what_is_no_key_by_its_form_is_not_looked_up(django_assert_num_queries):
    with django_assert_num_queries(0):
        refused(with_key("mg_" + "A" * 10_000).get(ME), 401, "key_invalid")


def test_without_the_prefix_it_is_no_key(key):
    refused(with_key(key["key"].removeprefix("mg_")).get(ME), 401, "token_invalid")


def test_the_key_of_a_deactivated_member_is_refused(member, key):
    member.is_active = False
    member.save()

    refused(with_key(key["key"]).get(ME), 401, "key_invalid")


def test_the_key_of_a_deleted_member_is_refused(redis, api, key):
    assert api.delete(ME, {"password": PASSWORD}, format="json").status_code == 204

    refused(with_key(key["key"]).get(ME), 401, "key_invalid")
    assert not ApiKey.objects.exists()


def test_a_refusal_of_an_accept_still_says_why(redis):
    path = f"/api/v1/conversations/{uuid.uuid4()}/replies"

    refused(with_key("mg_x").post(path, {"message": "x"}, format="json"), 401, "key_invalid")


def test_a_key_costs_one_query_by_an_index(key, django_assert_num_queries):
    with_key(key["key"]).get(ME)

    with django_assert_num_queries(1):
        with_key(key["key"]).get(ME)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Index Scan" in ApiKey.objects.filter(digest="x").explain()


def test_the_last_use_is_noted_once_a_minute(api, key, django_assert_num_queries):
    with_key(key["key"]).get(ME)
    first = api.get(PATH).json()["results"][0]["last_used_at"]
    with_key(key["key"]).get(ME)
    assert first is not None
    assert api.get(PATH).json()["results"][0]["last_used_at"] == first

    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))

    with django_assert_num_queries(2):
        with_key(key["key"]).get(ME)
    assert api.get(PATH).json()["results"][0]["last_used_at"] > first


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


# Sockets


def ticket_of(key):
    answer = with_key(key["key"]).post("/api/v1/auth/ws-ticket")
    assert answer.status_code == 201, answer.content
    return answer.json()["ticket"]


def test_a_key_gets_a_ticket_that_admits_for_an_hour(member, key):
    before = timezone.now()

    credential = tickets.redeem(ticket_of(key))

    assert (str(credential.id), credential.member, credential.by_key) == (key["id"], member, True)
    assert before + keys.HOLDS_FOR <= credential.until <= timezone.now() + keys.HOLDS_FOR


def test_a_ticket_dies_with_its_key(api, key):
    ticket = ticket_of(key)

    api.delete(f"{PATH}/{key['id']}")

    assert tickets.redeem(ticket) is None
    assert not SocketTicket.objects.exists()


def test_a_ticket_of_a_key_dies_with_its_members_activity(member, key):
    ticket = ticket_of(key)
    member.is_active = False
    member.save()

    assert tickets.redeem(ticket) is None


def test_old_tickets_of_the_key_are_cleared_away_and_others_stay(api, key):
    ticket_of(key)
    SocketTicket.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    api.post("/api/v1/auth/ws-ticket")

    ticket_of(key)

    assert SocketTicket.objects.filter(key=key["id"]).count() == 1
    assert SocketTicket.objects.filter(key=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_revoked_while_its_ticket_is_made_gets_none(api, key):
    credential = prove(key["key"])
    api.delete(f"{PATH}/{key['id']}")

    with pytest.raises(keys.KeyInvalid):
        tickets.issue(session=credential.source, authenticated_until=credential.until)


@pytest.mark.django_db(transaction=True)
def test_of_several_uses_of_a_ticket_at_once_exactly_one_is_admitted(key):
    ticket = ticket_of(key)

    admissions = at_once([lambda: tickets.redeem(ticket)] * 6)

    assert sum(admission is not None for admission in admissions) == 1


def test_a_key_proves_as_much_as_an_access_token(member, key):
    pair = sessions.open_session(member=member, user_agent="pytest")

    by_key, by_token = prove(key["key"]), prove(pair.access)

    assert (by_key.by_key, by_token.by_key) == (True, False)
    assert by_key.member == by_token.member == member
    assert by_key.until > by_token.until > timezone.now()


def test_a_request_that_waited_is_refused_when_its_key_was_revoked_meanwhile(api, key):
    credential = prove(key["key"])
    require_living(credential)

    api.delete(f"{PATH}/{key['id']}")

    with pytest.raises(AuthenticationFailed) as refusal:
        require_living(credential)
    assert refusal.value.get_codes() == "key_invalid"


def test_the_living_among_proofs_are_told_in_one_query(api, member, django_assert_num_queries):
    gone, kept = made(api, "gone"), made(api, "kept")
    here = Session.objects.get()
    there = Session.objects.create(member=member)
    sessions.revoke(there)
    inactive = make_member(is_active=False)
    theirs = ApiKey.objects.create(member=inactive, name="x", digest="x")
    also_theirs = Session.objects.create(member=inactive)
    api.delete(f"{PATH}/{gone['id']}")
    asked = [uuid.UUID(gone["id"]), uuid.UUID(kept["id"]), here.id, there.id, theirs.id]

    with django_assert_num_queries(1):
        living = active_ids([*asked, also_theirs.id, uuid.uuid4()])

    assert living == {here.id, uuid.UUID(kept["id"])}
    assert active_ids([]) == set()


# Logs


def test_no_key_reaches_the_logs(api, caplog, capfd):
    caplog.set_level(logging.DEBUG)

    with CaptureQueriesContext(connection):  # so that SQL is logged, with its parameters
        key = made(api)["key"]
        with_key(key).get(ME)
        with_key(key).post(f"{ME}/password", {"current_password": key}, format="json")
        with_key(f"{key}x").get(ME)
        with_key(changed(key, 9)).get(ME)

    printed = caplog.text + "".join(capfd.readouterr())
    assert ApiKey.objects.get().digest in printed
    for secret in (key, changed(key, 9)):
        assert secret.removeprefix("mg_") not in printed
