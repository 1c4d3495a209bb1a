"""A forgotten password: a link by mail, good once, after which everybody is signed out."""

import datetime

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient
from support.accounts.postbox import mail, mails, token_in
from support.people import PASSWORD, make_member
from support.racing import at_once
from support.refusals import refused

from accounts import links
from accounts.credentials import keys
from accounts.models import Member

pytestmark = pytest.mark.django_db

NEW = "kimchi at midnight 9"
PATH = "/api/v1/auth/password-reset"


def ask(email, **headers):
    return APIClient(headers=headers).post(PATH, {"email": email}, format="json")


def reset(token, password=NEW):
    return APIClient().post(
        f"{PATH}/confirm", {"token": token, "password": password}, format="json"
    )


def log_in(member, password):
    body = {"email": member.email, "password": password}
    return APIClient().post("/api/v1/auth/login", body, format="json")


def token_for(member):
    ask(member.email)
    return token_in(mail())


def test_the_link_of_the_mail_sets_a_new_password(member):
    assert ask(member.email).status_code == 202

    message = mail()
    answer = reset(token_in(message))

    assert message.to == [member.email]
    assert (answer.status_code, answer.content) == (204, b"")
    assert log_in(member, NEW).status_code == 200
    refused(log_in(member, PASSWORD), 401, "credentials_invalid")


@pytest.mark.parametrize("verified_at", [None, timezone.now()], ids=["unproven", "proven"])
def test_everybody_is_signed_out(member, api, client_of, verified_at):
    Member.objects.update(email_verified_at=verified_at)
    there, other = client_of(member), client_of(make_member())

    reset(token_for(member))

    for client in (api, there):
        refused(client.get("/api/v1/me"), 401, "session_ended")
    assert other.get("/api/v1/me").status_code == 200


def test_the_owner_is_told_of_it(member):
    reset(token_for(member))

    message = mail()
    assert message.to == [member.email]
    assert "changed" in message.subject


def test_a_link_is_good_once(member):
    token = token_for(member)
    reset(token)

    refused(reset(token, "another one at noon 5"), 400, "link_invalid", "token")

    assert log_in(member, NEW).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_uses_at_once_one_succeeds():
    member = make_member()
    token = token_for(member)

    answers = at_once([lambda: reset(token, "first at dawn 111"), lambda: reset(token, NEW)])

    assert sorted(answer.status_code for answer in answers) == [204, 400]


def test_of_several_links_using_one_ends_the_others(member):
    first, second = token_for(member), token_for(member)

    assert reset(first).status_code == 204

    refused(reset(second, "another one at noon 5"), 400, "link_invalid", "token")


def test_a_link_ends_when_the_password_is_changed_otherwise(member, api):
    token = token_for(member)
    change = {"current_password": PASSWORD, "new_password": "changed by hand 44"}
    assert api.post("/api/v1/me/password", change, format="json").status_code == 204

    refused(reset(token), 400, "link_invalid", "token")


def test_a_link_ends_when_the_address_is_another(member):
    token = token_for(member)
    Member.objects.filter(id=member.id).update(email="moved@example.com")

    refused(reset(token), 400, "link_invalid", "token")


def test_a_link_is_good_for_an_hour(member, monkeypatch):
    now = datetime.datetime.now()
    token = token_for(member)

    def later(**time):
        monkeypatch.setattr(links._resets, "_now", lambda: now + datetime.timedelta(**time))
        return reset(token)

    refused(later(hours=1, seconds=5), 400, "link_invalid", "token")
    assert later(minutes=59).status_code == 204


def test_a_deactivated_member_gets_neither_mail_nor_password(member):
    token = token_for(member)
    Member.objects.update(is_active=False)

    assert ask(member.email).status_code == 202
    assert mails() == []
    refused(reset(token), 400, "link_invalid", "token")


@pytest.mark.parametrize(
    "forged", ["x", ".", "a.b", "0" * 32 + ".a-b", "0" * 32, "é.é", "x" * 2000, "a.b.c", "\u3000.x"]
)
def test_a_forged_link_opens_nothing(member, forged):
    refused(reset(forged), 400, "link_invalid", "token")


def test_a_link_of_one_member_does_not_open_another(member):
    other = make_member()
    signature = token_for(member).partition(".")[2]

    refused(reset(f"{other.id.hex}.{signature}"), 400, "link_invalid", "token")


def test_a_link_that_confirms_an_address_resets_nothing(member):
    refused(reset(links.to_confirm(member, email=member.email)), 400, "link_invalid", "token")


def test_a_weak_password_is_named_and_the_link_stays_good(member):
    token = token_for(member)

    refused(reset(token, "short"), 400, "invalid", "password")

    assert reset(token).status_code == 204


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(member):
    known, unknown = ask(member.email), ask("nobody@example.com")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [message.to for message in mails()] == [[member.email]]


def test_asking_takes_the_same_work_whether_or_not_the_member_exists(member):
    gone = make_member(is_active=False)

    works = []
    for email in (member.email, gone.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as captured:
            ask(email)
        works.append([query["sql"].split("VALUES")[0] for query in captured])

    assert works[0] == works[1] == works[2]
    assert len(works[0]) == 1


def test_the_mail_goes_to_the_address_as_it_is_stored(member):
    ask(member.email.upper())

    assert mail().to == [member.email]


def test_a_reset_proves_the_address(member):
    reset(token_for(member))

    member.refresh_from_db()
    assert member.email_verified_at is not None


def test_whoever_had_an_unproven_address_before_has_lost_everything(member):
    """They may have been waiting for the owner of the address to come."""
    key = keys.create(member=member, name="waiting").text
    SocialAccount.objects.create(user=member, provider="kakao", uid="1")

    reset(token_for(member))

    program = APIClient(headers={"Authorization": f"Bearer {key}"})
    refused(program.get("/api/v1/me"), 401, "key_invalid")
    assert not SocialAccount.objects.exists()


def test_the_keys_and_sign_ins_of_a_proven_member_stay(member):
    Member.objects.update(email_verified_at=timezone.now())
    key = keys.create(member=member, name="laptop").text
    SocialAccount.objects.create(user=member, provider="kakao", uid="1")

    reset(token_for(member))

    program = APIClient(headers={"Authorization": f"Bearer {key}"})
    assert program.get("/api/v1/me").status_code == 200
    assert SocialAccount.objects.exists()


def test_a_member_without_a_password_gets_one(member):
    member.set_unusable_password()
    member.save()

    reset(token_for(member))

    assert log_in(member, NEW).status_code == 200
