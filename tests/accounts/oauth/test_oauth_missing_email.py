"""A provider that tells no address: it is asked for, and proves nothing."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from support.oauth.travelling import member_of
from support.people import make_member
from support.refusals import refused

from accounts.models import Mail, MailKind, Member, OAuthCode, Session

pytestmark = pytest.mark.django_db

WITHOUT = {
    "id": 99,
    "connected_at": "2026-01-11T01:45:28Z",
    "kakao_account": {
        "profile_nickname_needs_agreement": False,
        "profile": {"nickname": "홍길동"},
        "has_email": True,
        "email_needs_agreement": True,
    },
}


@pytest.fixture
def code(kakao, says):
    """Of somebody whose address Kakao does not tell."""
    says(kakao=WITHOUT)
    return kakao.code()


def test_an_address_is_asked_for_and_the_same_code_takes_it(kakao, code):
    refused(kakao.exchange(code), 409, "email_required")
    assert not Member.objects.exists()

    member = member_of(kakao.exchange(code, email="Gildong@example.com"))

    assert (member.email, member.nickname) == ("Gildong@example.com", "홍길동")
    assert member.email_verified_at is None
    refused(kakao.exchange(code, email="gildong@example.com"), 401, "code_invalid")


def test_it_may_come_along_at_once(kakao, code):
    assert member_of(kakao.exchange(code, email="gildong@example.com"))


def test_next_time_nothing_is_asked(kakao, code):
    member = member_of(kakao.exchange(code, email="gildong@example.com"))

    assert member_of(kakao.sign_in()) == member


@pytest.mark.parametrize("verified_at", [None, timezone.now()])
def test_a_typed_address_takes_over_nobody(kakao, code, verified_at):
    make_member(email="mina@example.com", email_verified_at=verified_at)

    refused(kakao.exchange(code, email="MINA@example.com"), 400, "email_taken", "email")

    assert not SocialAccount.objects.exists()
    assert not Session.objects.exists()
    assert member_of(kakao.exchange(code, email="gildong@example.com"))


def test_there_is_time_to_type_but_not_for_ever(kakao, code):
    kakao.exchange(code)
    left = OAuthCode.objects.get().expires_at - timezone.now()
    assert 500 < left.total_seconds() <= 600
    OAuthCode.objects.update(expires_at=timezone.now())

    refused(kakao.exchange(code, email="gildong@example.com"), 401, "code_invalid")


def test_the_verifier_is_still_needed(kakao, code):
    kakao.exchange(code)

    answer = kakao.exchange(code, verifier="v" * 43, email="gildong@example.com")

    refused(answer, 401, "code_invalid")
    refused(kakao.exchange(code, email="gildong@example.com"), 401, "code_invalid")


@pytest.mark.parametrize("email", ["", "x", "a@b", "a@example.com\r\nBcc: b@example.com", None, 5])
def test_what_is_no_address_is_named_and_the_code_stays_good(kakao, code, email):
    refused(kakao.exchange(code, email=email), 400, "invalid", "email")

    assert kakao.exchange(code, email="gildong@example.com").status_code == 200


def test_where_the_provider_tells_one_a_typed_one_does_not_count(kakao):
    member = member_of(kakao.exchange(kakao.code(), email="mallory@example.com"))

    assert member.email == "gildong@example.com"


@pytest.mark.parametrize(
    "email", ["", "no address", "a@b", "x" * 300 + "@example.com", 5, None, []]
)
def test_what_the_provider_tells_and_is_no_address_counts_as_none(oidc, says, email):
    says(userinfo={"sub": "4711", "email": email, "email_verified": True})

    answer = oidc.return_address()

    assert "code=" in answer or "error=provider_failed" in answer
    assert not Member.objects.exists()


# Proving it by mail


def test_a_mail_is_on_its_way_by_which_the_address_is_proven(kakao, code):
    kakao.exchange(code, email="gildong@example.com")

    mail = Mail.objects.get()
    assert (mail.kind, mail.email) == (MailKind.EMAIL_VERIFICATION, "gildong@example.com")


def test_who_has_proven_the_address_elsewhere_gets_no_mail(kakao):
    kakao.sign_in()

    assert not Mail.objects.exists()


def test_where_an_address_has_to_be_proven_nobody_gets_in_without(kakao, code, settings):
    settings.EMAIL_VERIFICATION_REQUIRED = True

    refused(kakao.exchange(code, email="gildong@example.com"), 403, "email_not_verified")

    assert not Session.objects.exists()
    Member.objects.update(email_verified_at=timezone.now())
    assert member_of(kakao.sign_in()).email == "gildong@example.com"


def test_there_it_is_not_told_either_whether_an_address_has_a_member(kakao, code, settings):
    settings.EMAIL_VERIFICATION_REQUIRED = True
    make_member(email="mina@example.com")
    taken = refused(kakao.exchange(code, email="Mina@example.com"), 403, "email_not_verified")

    assert not SocialAccount.objects.exists()
    assert Mail.objects.get().kind == MailKind.ACCOUNT_EXISTS
    new = refused(
        kakao.exchange(kakao.code(), email="gildong@example.com"), 403, "email_not_verified"
    )
    assert taken == new
