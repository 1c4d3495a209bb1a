"""Who a request comes from: only a good access token of a living session says so."""

import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from rest_framework.test import APIClient
from support.refusals import refused

from accounts.credentials import sessions, signing, tokens
from accounts.models import Session

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(member):
    return sessions.open_session(member=member, user_agent="pytest")


@pytest.fixture
def claims(pair):
    """The claims of a good access token, to be changed and signed again."""
    return dict(tokens.read_access(pair.access).payload)


def signed(claims, key=None, algorithm="HS256"):
    from django.conf import settings

    return jwt.encode(claims, settings.SECRET_KEY if key is None else key, algorithm=algorithm)


def me(authorization):
    return APIClient(headers={"Authorization": authorization}).get("/api/v1/me")


def test_the_claims_signed_again_are_good(claims):
    """Without this, the refusals below could have any reason."""
    assert me(f"Bearer {signed(claims)}").status_code == 200


def test_the_scheme_is_read_ignoring_case(pair):
    assert me(f"bearer  {pair.access}").status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic bWU6eA==", "Token x"])
def test_without_a_bearer_token_nobody_is_signed_in(authorization):
    refused(me(authorization), 401, "not_authenticated")


@pytest.mark.parametrize(
    "token",
    ["nonsense", "a.b.c", "....", "e30.e30.e30", "\xff\xfe", "x" * 10_000, "two words", '{"a":1}'],
    ids=lambda token: ascii(token)[:12],
)
def test_a_malformed_token_is_refused(token):
    refused(me(f"Bearer {token}"), 401, "token_invalid")


def test_a_token_signed_with_another_key_is_refused(claims):
    refused(me(f"Bearer {signed(claims, key='k' * 40)}"), 401, "token_invalid")


def test_an_unsigned_token_is_refused(claims):
    refused(me(f"Bearer {signed(claims, key='', algorithm='none')}"), 401, "token_invalid")


@pytest.mark.filterwarnings("ignore:The HMAC key")
def test_a_token_signed_with_another_algorithm_is_refused(claims):
    refused(me(f"Bearer {signed(claims, algorithm='HS384')}"), 401, "token_invalid")


def test_a_changed_token_is_refused(pair):
    head, body, signature = pair.access.split(".")
    changed = f"{head}.{body[:-2]}AA.{signature}"

    refused(me(f"Bearer {changed}"), 401, "token_invalid")


def test_a_refresh_token_is_no_access_token(pair):
    refused(me(f"Bearer {pair.refresh}"), 401, "token_invalid")


def test_a_token_that_was_good_expires_all_the_same(pair, monkeypatch):
    assert me(f"Bearer {pair.access}").status_code == 200
    after = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(tokens, "aware_utcnow", lambda: after)

    refused(me(f"Bearer {pair.access}"), 401, "token_invalid")


def test_a_token_that_was_good_does_not_outlive_its_key(pair, settings):
    assert me(f"Bearer {pair.access}").status_code == 200
    settings.JWT_KEYS = ["another key, of the length that there has to be at least"]

    refused(me(f"Bearer {pair.access}"), 401, "token_invalid")


def test_nobody_changes_what_another_reads(pair):
    tokens.read_access(pair.access)["sid"] = "somebody else's"

    assert me(f"Bearer {pair.access}").status_code == 200


def test_an_expired_token_is_refused(pair):
    token = tokens.read_access(pair.access)
    token.set_exp(lifetime=-timedelta(seconds=1))

    refused(me(f"Bearer {token}"), 401, "token_invalid")


@pytest.mark.parametrize(
    "changes",
    [
        {"sid": "no-uuid"},
        {"sid": 5},
        {"sid": None},
        {"sid": ["x"]},
        {"aud": "another"},
        {"iss": "another"},
        {"exp": "tomorrow"},
        {"token_type": "refresh"},
        {"token_type": None},
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(claims, changes):
    refused(me(f"Bearer {signed(claims | changes)}"), 401, "token_invalid")


@pytest.mark.parametrize("claim", ["sid", "exp", "token_type", "aud", "iss", "jti"])
def test_a_token_without_a_claim_is_refused(claims, claim):
    del claims[claim]

    refused(me(f"Bearer {signed(claims)}"), 401, "token_invalid")


def test_a_token_of_a_session_that_never_was_is_refused(claims):
    token = signed(claims | {"sid": str(uuid.uuid4())})

    refused(me(f"Bearer {token}"), 401, "session_ended")


def test_a_token_of_a_revoked_session_is_refused(pair):
    sessions.revoke(Session.objects.get())

    refused(me(f"Bearer {pair.access}"), 401, "session_ended")


def test_a_token_of_a_deleted_member_is_refused(pair, member):
    member.delete()

    refused(me(f"Bearer {pair.access}"), 401, "session_ended")


def test_a_token_of_a_deactivated_member_is_refused(pair, member):
    member.is_active = False
    member.save()

    refused(me(f"Bearer {pair.access}"), 401, "session_ended")


def test_the_session_says_who_it_is_and_not_the_subject(claims, member):
    from support.people import make_member

    token = signed(claims | {"sub": str(make_member().id)})

    assert me(f"Bearer {token}").json()["id"] == str(member.id)


OLD, NEW = "o" * 40, "n" * 40


def test_a_token_names_the_key_that_signed_it(pair, settings):
    assert jwt.get_unverified_header(pair.access)["kid"] == signing.key_id(settings.JWT_KEYS[0])


def test_a_token_of_a_former_key_counts_as_long_as_that_is_kept(member, settings):
    settings.JWT_KEYS = [OLD]
    pair = sessions.open_session(member=member, user_agent="pytest")

    settings.JWT_KEYS = [NEW, OLD]
    assert me(f"Bearer {pair.access}").status_code == 200
    renewed = sessions.refresh(token=pair.refresh)
    assert jwt.get_unverified_header(renewed.access)["kid"] == signing.key_id(NEW)

    settings.JWT_KEYS = [NEW]
    refused(me(f"Bearer {pair.access}"), 401, "token_invalid")
    assert me(f"Bearer {renewed.access}").status_code == 200


@pytest.mark.parametrize("kid", [signing.key_id(NEW), "", 5, ["x"], {"x": 1}, "../../etc/passwd"])
def test_a_token_that_names_another_key_is_refused(claims, settings, kid):
    settings.JWT_KEYS = [settings.SECRET_KEY, OLD]
    text = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256", headers={"kid": str(kid)})

    refused(me(f"Bearer {text}"), 401, "token_invalid")


def test_a_key_cannot_be_swapped_for_another_that_counts(claims, settings):
    settings.JWT_KEYS = [settings.SECRET_KEY, OLD]
    headers = {"kid": signing.key_id(OLD)}
    text = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256", headers=headers)

    refused(me(f"Bearer {text}"), 401, "token_invalid")
