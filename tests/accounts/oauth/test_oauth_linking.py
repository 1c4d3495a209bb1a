"""Whose account it is: a verified address joins, an unverified one never does."""

from functools import partial

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from rest_framework.test import APIClient
from support.oauth.travelling import Traveller, member_of
from support.people import PASSWORD, make_member
from support.racing import at_once_up_to_writing
from support.refusals import refused

from accounts import members
from accounts.credentials import keys, sessions
from accounts.models import ApiKey, Member, Session

pytestmark = pytest.mark.django_db

MINE = "Mona@example.com"


@pytest.fixture
def proven():
    """A member who has shown that the address is theirs."""
    return make_member(email=MINE, email_verified_at=timezone.now())


@pytest.fixture
def unproven():
    """A member whom anybody may have made."""
    return make_member(email=MINE)


def log_in(member):
    body = {"email": member.email, "password": PASSWORD}
    return APIClient().post("/api/v1/auth/login", body, format="json").status_code


def unverified(says):
    says(emails=[{"email": MINE, "verified": False, "primary": True, "visibility": None}])


def test_a_verified_address_joins_the_member_who_has_it(github, proven):
    there = sessions.open_session(member=proven, user_agent="there")

    assert member_of(github.sign_in()) == proven

    assert log_in(proven) == 200
    assert sessions.refresh(token=there.refresh)
    assert SocialAccount.objects.get().user == proven


def test_a_verified_address_that_is_not_the_primary_one_joins_too(github, says):
    member = make_member(email="old@example.com", email_verified_at=timezone.now())

    assert member_of(github.sign_in()) == member


def test_one_member_may_have_several_providers(github, oidc, proven, says):
    says(userinfo={"sub": "4711", "email": MINE.upper(), "email_verified": True})

    assert member_of(github.sign_in()) == member_of(oidc.sign_in()) == proven
    assert SocialAccount.objects.count() == 2


def test_once_linked_the_address_does_not_matter_any_more(github, proven, says):
    github.sign_in()
    says(emails=[{"email": "new@example.com", "verified": True, "primary": True}])

    assert member_of(github.sign_in()) == proven
    proven.refresh_from_db()
    assert proven.email == MINE


# Unverified


def test_an_unverified_address_never_joins(github, proven, says):
    unverified(says)

    refused(github.sign_in(), 409, "email_unverified")

    assert not SocialAccount.objects.exists()
    assert not Session.objects.exists()
    assert log_in(proven) == 200


def test_a_public_address_of_the_profile_is_not_verified_by_being_there(github, proven, says):
    says(emails=[], github={"login": "mallory", "id": 666, "name": None, "email": MINE})

    refused(github.sign_in(), 409, "email_unverified")


def test_an_unverified_address_that_nobody_has_makes_a_member_without_proof(github, says):
    unverified(says)

    assert member_of(github.sign_in()).email_verified_at is None


def test_when_the_same_account_shows_it_verified_later_it_is_proven(github, says):
    unverified(says)
    github.sign_in()
    says()

    assert member_of(github.sign_in()).email_verified_at is not None


@pytest.mark.parametrize("claim", [False, None, "false", "yes", 0, "", [], {"a": 1}, ["true"]])
@pytest.mark.parametrize("provider", ["oidc", "google"])
def test_only_true_means_verified(provider, proven, says, claim):
    says(userinfo={"sub": "4711", "email": MINE, "email_verified": claim})

    refused(Traveller(provider).sign_in(), 409, "email_unverified")


def test_some_providers_write_true_as_text(oidc, proven, says):
    says(userinfo={"sub": "4711", "email": MINE, "email_verified": "true"})

    assert member_of(oidc.sign_in()) == proven


@pytest.mark.parametrize(
    "flags",
    [
        {"is_email_valid": False, "is_email_verified": True},
        {"is_email_valid": True, "is_email_verified": False},
        {"is_email_verified": True},
        {"is_email_valid": True},
        {},
    ],
)
def test_kakao_must_call_it_valid_and_verified(kakao, proven, says, flags):
    account = {"email": MINE, "profile": {"nickname": "홍길동"}} | flags
    says(kakao={"id": 1, "kakao_account": account})

    refused(kakao.sign_in(), 409, "email_unverified")


# Whoever waited for the owner of an address


def test_joining_an_unproven_member_ends_what_was_set_up_before(github, unproven):
    waiting = sessions.open_session(member=unproven, user_agent="waiting")
    key = keys.create(member=unproven, name="waiting").text

    answer = github.sign_in()

    assert member_of(answer) == unproven
    assert log_in(unproven) == 401
    client = APIClient(headers={"Authorization": f"Bearer {waiting.access}"})
    refused(client.get("/api/v1/me"), 401, "session_ended")
    client = APIClient(headers={"Authorization": f"Bearer {key}"})
    refused(client.get("/api/v1/me"), 401, "key_invalid")
    assert not ApiKey.objects.exists()
    unproven.refresh_from_db()
    assert unproven.email_verified_at is not None


def test_it_also_ends_the_other_ways_in(kakao, github, says):
    """A provider account can wait for the owner of an address as well as a password can."""
    says(kakao={"id": 666})
    code = kakao.code()
    assert kakao.exchange(code, email=MINE).status_code == 200
    waiting = Member.objects.get()

    assert member_of(github.sign_in()) == waiting

    assert SocialAccount.objects.get().provider.startswith("github")
    refused(kakao.sign_in(), 409, "email_required")


def test_others_are_told_that_it_changed_hands(github, unproven):
    told = []

    def hear(member, **_):
        told.append(member)

    members.reclaimed.connect(hear)
    try:
        github.sign_in()
        github.sign_in()
    finally:
        members.reclaimed.disconnect(hear)

    assert told == [unproven]


def test_it_happens_once_and_not_to_those_who_set_a_password_afterwards(
    github, oidc, unproven, says
):
    member_of(github.sign_in()).set_password(PASSWORD)
    unproven.refresh_from_db()
    unproven.set_password(PASSWORD)
    unproven.save()
    says(userinfo={"sub": "4711", "email": MINE, "email_verified": True})

    oidc.sign_in()

    assert log_in(unproven) == 200


def test_nothing_is_joined_before_the_client_has_shown_its_verifier(github, unproven):
    code = github.code()
    assert not SocialAccount.objects.exists()

    github.exchange(code, verifier="v" * 43)

    assert not SocialAccount.objects.exists()
    assert log_in(unproven) == 200


def test_a_deactivated_member_is_not_joined(github, proven):
    Member.objects.update(is_active=False)

    refused(github.sign_in(), 403, "member_deactivated")

    assert not SocialAccount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_first_sign_ins_at_once_all_are_the_same_member(says):
    travellers = [Traveller("github") for _ in range(4)]
    calls = [partial(traveller.exchange, traveller.code()) for traveller in travellers]

    answers = at_once_up_to_writing("accounts_member", calls)

    assert {answer.status_code for answer in answers} == {200}
    assert Member.objects.count() == SocialAccount.objects.count() == 1


def test_with_the_member_the_link_goes(github):
    member_of(github.sign_in()).delete()

    assert not SocialAccount.objects.exists()
    assert member_of(github.sign_in()).email == MINE.lower()
