"""The one-time code: good once, for a minute, with the verifier of whoever began."""

from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from support.oauth.travelling import AUTH, challenge_of
from support.racing import at_once_up_to_writing
from support.refusals import refused

from accounts.models import OAuthCode, Session

pytestmark = pytest.mark.django_db


def test_a_code_is_good_once(github):
    code = github.code()
    assert github.exchange(code).status_code == 200

    refused(github.exchange(code), 401, "code_invalid")
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_exchange_it_at_once_one_succeeds(github):
    code = github.code()

    answers = at_once_up_to_writing("accounts_oauthcode", [partial(github.exchange, code)] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert Session.objects.count() == 1


def test_a_code_is_good_for_a_minute(github):
    code = github.code()
    left = OAuthCode.objects.get().expires_at - timezone.now()
    assert 55 < left.total_seconds() <= 60
    OAuthCode.objects.update(expires_at=timezone.now())

    refused(github.exchange(code), 401, "code_invalid")


def test_a_wrong_verifier_uses_the_code_up(github):
    code = github.code()

    refused(github.exchange(code, verifier="v" * 43), 401, "code_invalid")

    refused(github.exchange(code), 401, "code_invalid")
    assert not Session.objects.exists()


def test_the_challenge_itself_is_no_verifier(github):
    code = github.code()

    refused(github.exchange(code, verifier=challenge_of(github.verifier)), 401, "code_invalid")


@pytest.mark.parametrize("code", ["x", "a" * 43, "\u0000"[:0] + "../", "' OR 1=1 --", "가"])
def test_a_code_that_never_was_is_refused(github, code):
    refused(github.exchange(code), 401, "code_invalid")


@pytest.mark.parametrize(
    "verifier", ["v" * 42, "v" * 129, "v" * 42 + "+", "v" * 42 + "=", "v" * 43 + "\n", "é" * 43]
)
def test_what_cannot_be_a_verifier_is_named_and_the_code_stays_good(github, verifier):
    code = github.code()

    refused(github.exchange(code, verifier=verifier), 400, "invalid", "verifier")

    assert github.exchange(code).status_code == 200


@pytest.mark.parametrize("verifier", ["v" * 43, "a-._~9Z" * 18])
def test_every_verifier_of_the_rfc_is_good(github, verifier):
    github.verifier = verifier

    assert github.sign_in().status_code == 200


@pytest.mark.parametrize(
    "challenge",
    ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", "a" * 42 + ".", "a" * 43 + "\n"],
)
def test_what_cannot_be_a_challenge_is_named(github, challenge):
    refused(github.start(challenge=challenge), 400, "invalid", "challenge")


def test_without_a_challenge_nobody_leaves(github):
    refused(APIClient().get(f"{AUTH}/github/start"), 400, "invalid", "challenge")


def test_codes_that_nobody_asked_for_are_forgotten(github):
    github.code()
    OAuthCode.objects.update(expires_at=timezone.now())

    github.code()

    assert OAuthCode.objects.count() == 1
