"""Proving an address: by a link, later or, where the settings ask for it, first."""

import datetime

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from support.accounts.freezing import later
from support.accounts.postbox import mail, mails, token_in
from support.people import PASSWORD, make_member
from support.refusals import refused

from accounts.models import Mail, Member, Session

pytestmark = pytest.mark.django_db

BODY = {"email": "mina@example.com", "password": "tteokbokki at noon", "nickname": "Mina"}
PATH = "/api/v1/auth/email-verification"


@pytest.fixture
def required(settings):
    settings.EMAIL_VERIFICATION_REQUIRED = True


def sign_up(**changes):
    return APIClient().post("/api/v1/auth/signup", BODY | changes, format="json")


def log_in(**changes):
    body = {"email": BODY["email"], "password": BODY["password"]} | changes
    return APIClient().post("/api/v1/auth/login", body, format="json")


def confirm(token):
    return APIClient().post(f"{PATH}/confirm", {"token": token}, format="json")


def send_again(email):
    return APIClient().post(PATH, {"email": email}, format="json")


def is_verified(member=None):
    return (member or Member).objects.get().email_verified_at is not None


def test_a_new_member_is_signed_in_and_may_prove_the_address_later():
    assert sign_up().status_code == 201
    assert not is_verified()

    answer = confirm(token_in(mail()))

    assert (answer.status_code, answer.content) == (204, b"")
    assert is_verified()


def test_the_member_sees_whether_the_address_is_proven():
    access = sign_up().json()["access"]
    client = APIClient(headers={"Authorization": f"Bearer {access}"})
    assert client.get("/api/v1/me").json()["email_verified"] is False

    confirm(token_in(mail()))

    assert client.get("/api/v1/me").json()["email_verified"] is True


def test_a_sign_up_that_is_refused_sends_nothing():
    sign_up()
    mails()

    refused(sign_up(), 400, "email_taken", "email")

    assert mails() == []


def test_where_it_is_required_a_sign_up_gives_no_tokens(required):
    answer = sign_up()

    assert answer.status_code == 202
    assert set(answer.json()) == {"detail"}
    assert not Session.objects.exists()
    assert mail().to == [BODY["email"]]


def test_where_it_is_required_the_login_waits_for_it(required):
    sign_up()

    refused(log_in(), 403, "email_not_verified")
    confirm(token_in(mail()))

    assert log_in().status_code == 200


def test_only_the_right_password_learns_that_the_address_is_not_proven(required):
    sign_up()

    wrong, unknown = log_in(password="wrong"), log_in(email="nobody@example.com")

    assert refused(wrong, 401, "credentials_invalid") == refused(
        unknown, 401, "credentials_invalid"
    )


def test_where_it_is_required_a_taken_address_is_told_by_mail_only(required):
    owner = make_member(email="Mina@example.com")

    answer = sign_up()

    assert (answer.status_code, answer.content) == (202, sign_up(email="new@x.org").content)
    told, welcome = mails()
    assert (told.to, welcome.to) == ([owner.email], ["new@x.org"])
    assert "already" in told.subject
    assert "http://testserver/login" in told.body
    assert "http://testserver/forgot-password" in told.body
    assert "#" not in told.body


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was hashed."""

    algorithm = "counting"
    times = 0

    def encode(self, password, salt):
        CountingHasher.times += 1
        return super().encode(password, salt)


def test_where_it_is_required_signing_up_takes_the_same_work_either_way(required, settings):
    settings.PASSWORD_HASHERS = ["test_email_verification.CountingHasher"]
    works = []
    for _ in range(2):  # free, then taken
        before = CountingHasher.times
        with CaptureQueriesContext(connection) as captured:
            assert sign_up().status_code == 202
        verbs = [query["sql"].split('" ')[0].split()[0] for query in captured]
        works.append((CountingHasher.times - before, len(verbs), verbs.count("INSERT")))

    assert works[0] == works[1]
    assert works[0][0] == 1
    assert Member.objects.count() == 1


def test_where_it_is_required_a_weak_password_is_told_either_way(required):
    make_member(email=BODY["email"])

    for email in (BODY["email"], "new@example.com"):
        refused(sign_up(email=email, password="short"), 400, "invalid", "password")


def test_a_link_is_good_for_three_days(monkeypatch):
    sign_up()
    token = token_in(mail())

    with later(monkeypatch, days=3, seconds=5):
        refused(confirm(token), 400, "link_invalid", "token")
    with later(monkeypatch, days=2, hours=23):
        assert confirm(token).status_code == 204


def test_opening_a_link_again_changes_nothing():
    sign_up()
    token = token_in(mail())
    confirm(token)
    verified_at = Member.objects.get().email_verified_at

    assert confirm(token).status_code == 204

    assert Member.objects.get().email_verified_at == verified_at


def test_a_link_ends_with_the_password_it_was_made_under():
    sign_up()
    token = token_in(mail())
    member = Member.objects.get()
    member.set_password("another by now 11")
    member.save()

    refused(confirm(token), 400, "link_invalid", "token")

    assert not is_verified()


@pytest.mark.parametrize("forged", ["x", "a.b.c", ".", "e30.1x.x", "x" * 2000, "é.b.c"])
def test_a_forged_link_confirms_nothing(member, forged):
    refused(confirm(forged), 400, "link_invalid", "token")

    assert not is_verified()


def test_a_link_that_resets_a_password_confirms_nothing(member):
    APIClient().post("/api/v1/auth/password-reset", {"email": member.email}, format="json")

    refused(confirm(token_in(mail())), 400, "link_invalid", "token")


def test_the_mail_can_be_sent_again(member):
    assert send_again(member.email).status_code == 202

    assert confirm(token_in(mail())).status_code == 204


def test_asking_again_tells_nothing(member):
    verified = make_member(email_verified_at=datetime.datetime.now(datetime.UTC))
    gone = make_member(is_active=False)

    answers = {
        (answer.status_code, answer.content)
        for answer in map(
            send_again, [member.email, verified.email, gone.email, "nobody@example.com"]
        )
    }

    assert len(answers) == 1
    assert Mail.objects.count() == 4
    assert [message.to for message in mails()] == [[member.email]]


def test_somebody_deactivated_confirms_nothing(member):
    send_again(member.email)
    token = token_in(mail())
    Member.objects.update(is_active=False)

    refused(confirm(token), 400, "link_invalid", "token")


def test_where_it_is_required_a_reset_proves_the_address_too(required, member):
    login = {"email": member.email, "password": PASSWORD}
    refused(log_in(**login), 403, "email_not_verified")
    APIClient().post("/api/v1/auth/password-reset", {"email": member.email}, format="json")
    body = {"token": token_in(mail()), "password": BODY["password"]}

    APIClient().post("/api/v1/auth/password-reset/confirm", body, format="json")

    assert log_in(email=member.email).status_code == 200
