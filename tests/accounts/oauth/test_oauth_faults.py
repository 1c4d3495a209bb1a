"""Providers that fail, lie or dawdle: the client is told, in bounded time, and nobody gets in."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.oauth.travelling import Traveller, agree, query_of
from support.people import make_member

from accounts.models import Member, OAuthCode
from accounts.oauth.bounded_http import AnswerTooLong, BoundedSession
from api import threads

pytestmark = pytest.mark.django_db

STEPS = {
    "github": [
        "/github/login/oauth/access_token",
        "/github/api/v3/user",
        "/github/api/v3/user/emails",
    ],
    "kakao": ["/kakao/oauth/token", "/kakao/v2/user/me"],
    "oidc": ["/oidc/token", "/oidc/userinfo", "/oidc/.well-known/openid-configuration"],
}
EACH = [(provider, path) for provider, paths in STEPS.items() for path in paths]
FAULTS = {
    "500": {"status": 500, "body": '{"error": "server_error"}'},
    "403": {"status": 403, "body": ""},
    "empty": {"status": 200, "body": ""},
    "html": {"status": 200, "body": "<html>Down for maintenance</html>"},
    "text": {"status": 200, "body": '"text"'},
    "number": {"status": 200, "body": "5"},
    "null": {"status": 200, "body": "null"},
    "list of nonsense": {"status": 200, "body": '[null, 5, {"email": 5}]'},
    "other shape": {
        "status": 200,
        "body": '{"access_token": [], "id": {}, "sub": {}, "issuer": 5}',
    },
    "deep": {"status": 200, "body": "[" * 100_000},
    "surrogate": {"status": 200, "body": '{"id": "\\ud800", "sub": "\\ud800"}'},
    "redirect": "redirect",
    "cut": "cut",
    "huge": "huge",
}
# That is no nonsense: there are no addresses, or nothing beside the ID token.
NOTHING_TOLD = {("/github/api/v3/user/emails", "null"), ("/oidc/userinfo", "null")}


@pytest.mark.parametrize(("provider", "path"), EACH)
def test_a_provider_that_answers_nonsense_is_told_to_the_client(subtests, says, provider, path):
    for name, fault in FAULTS.items():
        if (path, name) in NOTHING_TOLD:
            continue
        with subtests.test(name):
            OAuthCode.objects.all().delete()
            says()
            traveller = Traveller(provider)
            back = agree(traveller.leave())
            says(faults={path: fault})

            returned = traveller.come_back(back)

            assert query_of(returned) == {"error": "provider_failed"}
            assert not OAuthCode.objects.exists()


@pytest.mark.parametrize("slowly", ["hang", "drip", "drip headers"])
@pytest.mark.parametrize(("provider", "path"), EACH)
def test_a_provider_that_dawdles_is_not_waited_for(settings, says, provider, path, slowly):
    settings.OAUTH_TIMEOUT_SECONDS = 0.3
    traveller = Traveller(provider)
    back = agree(traveller.leave())
    says(faults={path: slowly})

    began = time.monotonic()
    returned = traveller.come_back(back)

    assert query_of(returned) == {"error": "provider_failed"}
    assert time.monotonic() - began < 2


def test_a_body_that_drips_holds_no_thread(settings, says, stand_in):
    settings.OAUTH_TIMEOUT_SECONDS = 0.3
    says(faults={"/oidc/userinfo": "drip"})

    began = time.monotonic()
    with pytest.raises(AnswerTooLong):
        BoundedSession().get(f"{stand_in}/oidc/userinfo")

    assert time.monotonic() - began < 2


@pytest.mark.django_db(transaction=True)
def test_others_are_served_meanwhile(settings, says, asked):
    """The threads that all requests share are not those that wait for a provider."""
    settings.OAUTH_TIMEOUT_SECONDS = 3
    github = Traveller("github")
    backs = [agree(github.leave()) for _ in range(threads.MOST)]
    says(faults={"/github/login/oauth/access_token": "hang"})

    with ThreadPoolExecutor(len(backs)) as browsers:
        returned = [browsers.submit(Traveller("github").come_back, back) for back in backs]
        wait_until(lambda: len(asked()) == len(backs))
        assert asyncio.run(asyncio.wait_for(threads.run(lambda: "served"), timeout=1)) == "served"
        assert not any(coming.done() for coming in returned)
        settings.OAUTH_TIMEOUT_SECONDS = 0.1
        assert query_of(Traveller("oidc").return_address()).keys() == {"code"}


def test_a_provider_that_is_away_is_told_at_the_start(settings, oidc):
    settings.OAUTH_CLIENTS["oidc"] |= {"issuer": "http://127.0.0.1:9"}

    assert query_of(oidc.leave()) == {"error": "provider_failed"}


def test_a_provider_that_leads_nowhere_is_told_at_the_start(subtests, oidc, says):
    for endpoint in ("javascript:alert(1)", "//evil.example", "", 5, "http://x\r\nSet-Cookie: a=b"):
        with subtests.test(endpoint):
            says(configuration={"authorization_endpoint": endpoint})

            assert query_of(oidc.leave()) == {"error": "provider_failed"}


def wait_until(condition, seconds=5):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_redirects_are_not_followed(github, says, asked):
    back = agree(github.leave())
    says(faults={"/github/api/v3/user": "redirect"})

    github.come_back(back)

    assert not [request for request in asked() if "elsewhere" in request["path"]]


# OpenID Connect


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": ""},
        {"nonce": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"sub": "somebody else"},
        {"sub": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("provider", ["oidc", "google"])
def test_an_id_token_that_does_not_fit_is_refused(provider, says, claims):
    make_member(email="minji@example.com")
    says(claims=claims)

    assert Traveller(provider).error() == "provider_failed"


def test_an_id_that_cannot_be_stored_is_refused(oidc, says):
    says(claims={"sub": "a\x00b"}, userinfo={"sub": "a\x00b", "email": "minji@example.com"})

    assert oidc.error() == "provider_failed"


def test_without_an_id_token_nobody_gets_in(oidc, says):
    names = ("iss", "aud", "sub", "iat", "exp", "nonce")
    says(claims=dict.fromkeys(names))

    assert oidc.error() == "provider_failed"


def test_the_profile_of_somebody_else_is_refused(oidc, says):
    says(userinfo={"sub": "another", "email": "minji@example.com", "email_verified": True})

    assert oidc.error() == "provider_failed"


def test_a_configuration_of_another_issuer_is_refused(oidc, says):
    says(configuration={"issuer": "https://evil.example"})

    assert query_of(oidc.leave()) == {"error": "provider_failed"}


def test_a_provider_without_userinfo_says_it_all_in_the_id_token(oidc, says):
    claims = {"email": "minji@example.com", "email_verified": True, "name": "Lee Minji"}
    says(configuration={"userinfo_endpoint": None}, claims=claims)

    assert oidc.sign_in().status_code == 200
    assert Member.objects.get().email == "minji@example.com"


def test_a_secret_that_is_wrong_is_told_to_the_client(github, settings):
    settings.OAUTH_CLIENTS["github"] |= {"client_secret": "wrong"}

    assert github.error() == "provider_failed"


def test_a_failure_is_logged_without_what_was_said(oidc, says, caplog):
    says(faults={"/oidc/token": {"status": 400, "body": '{"x": "a-secret-of-theirs"}'}})

    oidc.error()

    assert "oauth.provider_failed" in caplog.text
    for secret in ("a-token", "a-secret-of-theirs", "the-secret"):
        assert secret not in caplog.text
