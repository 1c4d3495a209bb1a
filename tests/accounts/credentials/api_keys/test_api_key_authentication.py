"""A key is good wherever an access token is, until it is revoked."""

import logging
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from support.accounts.api_keys import ME, PATH, made, with_key
from support.people import PASSWORD, make_member
from support.racing import at_once
from support.refusals import refused
from support.talking import begin, post_reply

from accounts.credentials import keys, sessions, tickets
from accounts.credentials.authentication import prove, require_living
from accounts.credentials.credential import active_ids
from accounts.models import ApiKey, Session, SocketTicket

pytestmark = pytest.mark.django_db


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
