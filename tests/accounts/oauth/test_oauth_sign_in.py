"""The whole way: to a provider, back to the client, and to a session of ours."""

import httpx2
import pytest
from allauth.socialaccount.models import SocialAccount
from rest_framework.test import APIClient
from support.oauth.travelling import (
    AUTH,
    Traveller,
    agree_as,
    challenge_of,
    member_of,
    query_of,
    refuse,
)
from support.refusals import refused

from accounts.models import Member, OAuthCode, OAuthFlow, Session
from accounts.oauth.providers import realm_of

pytestmark = pytest.mark.django_db


def test_the_providers_that_are_on_are_listed():
    answer = APIClient().get(f"{AUTH}/providers")

    assert answer.json() == [
        {"id": "github", "name": "GitHub"},
        {"id": "kakao", "name": "Kakao"},
        {"id": "google", "name": "Google"},
        {"id": "oidc", "name": "Our School"},
    ]


def test_without_any_the_list_is_empty(settings):
    settings.OAUTH_CLIENTS = {}

    assert APIClient().get(f"{AUTH}/providers").json() == []


@pytest.mark.usefixtures("says")
@pytest.mark.parametrize(
    ("provider", "email", "nickname", "uid"),
    [
        ("github", "mona@example.com", "Mona Octocat", "583231"),
        ("kakao", "gildong@example.com", "홍길동", "1234567890"),
        ("google", "minji@example.com", "Lee Minji", "4711"),
        ("oidc", "minji@example.com", "Lee Minji", "4711"),
    ],
)
def test_somebody_new_becomes_a_member(provider, email, nickname, uid):
    member = member_of(Traveller(provider).sign_in())

    assert (member.email, member.nickname) == (email, nickname)
    assert member.email_verified_at is not None
    assert not member.has_usable_password()
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.user) == (realm_of(provider), uid, member)
    assert account.extra_data == {}


@pytest.mark.parametrize(
    ("provider", "changed", "realm"),
    [
        ("github", {"base_url": ""}, "github"),
        ("github", {"base_url": "https://git.example.com"}, "github https://git.example.com"),
        ("google", {"base_url": ""}, "google"),
        ("oidc", {"issuer": "https://id.example.com"}, "oidc https://id.example.com"),
        ("oidc", {"issuer": "https://a", "base_url": "https://b"}, "oidc https://a"),
    ],
)
def test_an_id_is_kept_with_the_place_where_it_is_one(settings, provider, changed, realm):
    settings.OAUTH_CLIENTS[provider] |= changed

    assert realm_of(provider) == realm


def test_the_same_id_at_another_issuer_is_somebody_else(oidc, says, settings, stand_in):
    first = member_of(oidc.sign_in())
    settings.OAUTH_CLIENTS["oidc"] |= {
        "issuer": "https://another.example.com",
        "base_url": f"{stand_in}/oidc",
    }
    says(userinfo={"sub": "4711", "email": "mallory@example.com", "email_verified": True})

    assert member_of(oidc.sign_in()) != first


@pytest.mark.parametrize("provider", ["github", "kakao", "oidc"])
@pytest.mark.usefixtures("says")
def test_coming_again_is_the_same_member(provider):
    first = member_of(Traveller(provider).sign_in())

    assert member_of(Traveller(provider).sign_in()) == first
    assert Session.objects.filter(member=first, revoked_at=None).count() == 2


def test_a_provider_from_a_package_signs_in(real_oidc, settings):
    settings.OAUTH_CLIENTS["oidc"] |= {"issuer": real_oidc}
    user = {"email": "alice@example.com", "email_verified": True, "name": "Alice"}
    httpx2.put(f"{real_oidc}/users/alice", json=user)

    member = member_of(Traveller("oidc", consent=agree_as("alice")).sign_in())

    assert (member.email, member.nickname) == ("alice@example.com", "Alice")
    assert member.email_verified_at is not None


def test_who_does_not_consent_comes_back_with_an_error(real_oidc, settings):
    settings.OAUTH_CLIENTS["oidc"] |= {"issuer": real_oidc}

    assert Traveller("oidc", consent=refuse).error() == "access_denied"
    assert not OAuthCode.objects.exists()


def test_who_does_not_consent_comes_back_to_where_they_began(settings, github):
    settings.FRONTEND_ORIGINS = ["https://chat.example.com"]
    back = query_of(github.leave(client="https://chat.example.com/app/"))["state"]

    returned = github.come_back(
        f"http://testserver{AUTH}/github/callback?error=access_denied&state={back}"
    )

    assert returned == "https://chat.example.com/app/login/return?error=access_denied"
    assert not OAuthFlow.objects.exists()


def test_the_exchange_gives_next_and_tokens_that_count(github):
    answer = github.sign_in(next="/c/0190?x=1#end")

    assert set(answer.json()) == {"access", "refresh", "next"}
    assert answer.json()["next"] == "/c/0190?x=1#end"
    assert answer["Cache-Control"] == "no-store"
    token = {"refresh": answer.json()["refresh"]}
    assert APIClient().post(f"{AUTH}/refresh", token, format="json").status_code == 200


@pytest.mark.parametrize("query", [{}, {"next": ""}])
def test_without_next_the_client_s_main_page_is_meant(github, query):
    assert github.sign_in(**query).json()["next"] == "/"


def test_the_session_says_where_it_was_opened(github):
    github.exchange(github.code())
    client = APIClient(headers={"User-Agent": "Firefox"})
    body = {"code": github.code(), "verifier": github.verifier}

    client.post(f"{AUTH}/exchange", body, format="json")

    assert Session.objects.latest("created_at").user_agent == "Firefox"


@pytest.mark.parametrize("provider", ["github", "kakao", "oidc"])
@pytest.mark.usefixtures("says")
def test_the_provider_gets_a_state_a_challenge_and_where_to_send_us_back(provider):
    traveller = Traveller(provider)
    query = query_of(traveller.leave())

    assert query["redirect_uri"] == f"http://testserver{AUTH}/{provider}/callback"
    assert query["code_challenge_method"] == "S256"
    assert query["response_type"] == "code"
    assert len(query["state"]) >= 32
    assert len(query["code_challenge"]) == 43
    assert query["code_challenge"] != challenge_of(traveller.verifier)
    assert ("nonce" in query) == (provider == "oidc")


@pytest.mark.usefixtures("says")
@pytest.mark.parametrize(
    ("provider", "scopes"),
    [
        ("github", {"user:email"}),
        ("kakao", set()),
        ("google", {"openid", "profile", "email"}),
        ("oidc", {"openid", "profile", "email"}),
    ],
)
def test_no_more_is_asked_for_than_who_it_is(provider, scopes):
    assert set(query_of(Traveller(provider).leave())["scope"].split()) == scopes


def test_no_two_ways_share_anything(oidc):
    one, two = (query_of(oidc.leave()) for _ in range(2))

    for name in ("state", "code_challenge", "nonce"):
        assert one[name] != two[name]


def test_no_secret_and_no_token_is_in_an_address(github, asked):
    returned = github.return_address()
    answer = github.exchange(query_of(returned)["code"]).json()

    addresses = [returned, *(request["path"] for request in asked())]
    addresses += [str(request["query"]) for request in asked() if "authorize" in request["path"]]
    for secret in (answer["access"], answer["refresh"], "the-secret", "a-token"):
        assert not any(secret in address for address in addresses)


def test_nothing_that_would_open_the_door_is_stored(github):
    state = query_of(github.leave())["state"]
    code = github.code()

    stored = str([*OAuthFlow.objects.values(), *OAuthCode.objects.values()])
    assert state not in stored
    assert code not in stored
    assert github.verifier not in stored


@pytest.mark.parametrize("step", ["start", "callback"])
@pytest.mark.parametrize(
    "provider", ["gitlab", "GitHub", "openid_connect", "google%00", "..", "x" * 300]
)
def test_a_provider_that_is_not_known_is_not_found(step, provider):
    refused(APIClient().get(f"{AUTH}/{provider}/{step}"), 404, "provider_unknown")


def test_a_provider_that_is_off_is_not_found(settings):
    del settings.OAUTH_CLIENTS["kakao"]

    refused(Traveller("kakao").start(), 404, "provider_unknown")


def test_a_deactivated_member_does_not_get_in(github):
    member_of(github.sign_in())
    Member.objects.update(is_active=False)

    refused(github.sign_in(), 403, "member_deactivated")
