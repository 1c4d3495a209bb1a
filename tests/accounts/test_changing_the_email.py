"""Another address: asked for with the password, and proven before it counts."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from support.accounts.postbox import mail, mails, token_in
from support.people import PASSWORD, make_member
from support.refusals import refused

from accounts.models import Mail, Member

pytestmark = pytest.mark.django_db

NEW = "moved@example.com"


def change(api, email=NEW, password=PASSWORD):
    return api.post("/api/v1/me/email", {"email": email, "password": password}, format="json")


def confirm(token):
    path = "/api/v1/auth/email-verification/confirm"
    return APIClient().post(path, {"token": token}, format="json")


def log_in(email):
    body = {"email": email, "password": PASSWORD}
    return APIClient().post("/api/v1/auth/login", body, format="json")


def test_the_address_changes_when_the_new_one_is_proven(api, member):
    assert change(api).status_code == 202
    assert api.get("/api/v1/me").json()["email"] == member.email
    message = mail()
    assert message.to == [NEW]

    assert confirm(token_in(message)).status_code == 204

    body = api.get("/api/v1/me").json()
    assert (body["email"], body["email_verified"]) == (NEW, True)
    assert log_in(NEW).status_code == 200
    refused(log_in(member.email), 401, "credentials_invalid")


def test_the_former_address_is_told_and_opens_nothing(api, member):
    change(api)
    confirm(token_in(mail()))

    message = mail()

    assert message.to == [member.email]
    assert "http" not in message.body


def test_a_wrong_password_is_named_and_nothing_is_sent(api):
    refused(change(api, password="wrong"), 400, "password_wrong", "password")

    assert not Mail.objects.exists()


def test_a_link_is_good_once(api):
    change(api)
    token = token_in(mail())
    confirm(token)

    refused(confirm(token), 400, "link_invalid", "token")


def test_of_two_changes_the_first_that_is_proven_counts(api):
    change(api, "first@example.com")
    change(api, "second@example.com")
    first, second = map(token_in, mails())

    assert confirm(second).status_code == 204

    refused(confirm(first), 400, "link_invalid", "token")
    assert Member.objects.get().email == "second@example.com"


def test_an_address_that_is_taken_is_told_to_its_owner_only(api):
    other = make_member(email="Moved@example.com")

    taken = change(api)

    assert (taken.status_code, taken.content) == (202, change(api, "free@example.com").content)
    told, asked = mails()
    assert (told.to, asked.to) == ([other.email], ["free@example.com"])
    assert "already" in told.subject


def test_an_address_that_was_taken_meanwhile_is_refused(api, member):
    change(api)
    token = token_in(mail())
    make_member(email=NEW.upper())

    refused(confirm(token), 400, "email_taken", "email")

    member.refresh_from_db()
    assert member.email != NEW


def test_the_case_of_the_own_address_can_be_changed(api, member):
    Member.objects.update(email_verified_at=timezone.now())
    change(api, member.email.upper())

    confirm(token_in(mail()))

    assert Member.objects.get().email == member.email.upper()


def test_a_member_who_left_is_not_written_to(api):
    change(api)

    api.delete("/api/v1/me", {"password": PASSWORD}, format="json")

    assert not Mail.objects.exists()


def test_an_api_key_changes_no_address(api):
    made = api.post("/api/v1/me/keys", {"name": "laptop"}, format="json").json()
    program = APIClient(headers={"Authorization": f"Bearer {made['key']}"})

    refused(change(program), 403, "key_not_allowed")


def test_somebody_without_a_token_changes_nothing(member):
    refused(change(APIClient()), 401, "not_authenticated")
