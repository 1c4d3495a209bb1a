"""The variables: a provider is on when its own are set, and half of them stop the start."""

import pytest
from support.oauth.travelling import Traveller

from accounts.oauth import providers
from config import env


def client(provider="github", **given):
    given = {"client_id": "", "client_secret": ""} | given
    return env.oauth_client(provider, **given)


def test_without_its_variables_a_provider_is_off():
    assert client() is None
    assert client("oidc", issuer="") is None
    assert client("google", issuer="https://accounts.google.com") is None


def test_with_its_variables_it_is_on():
    assert client(client_id="a", client_secret="b", base_url="c") == {
        "client_id": "a",
        "client_secret": "b",
        "base_url": "c",
    }


@pytest.mark.parametrize(
    ("provider", "given", "missing"),
    [
        ("github", {"client_id": "a"}, "OAUTH_GITHUB_CLIENT_SECRET"),
        ("kakao", {"client_secret": "a"}, "OAUTH_KAKAO_CLIENT_ID"),
        ("oidc", {"client_id": "a", "client_secret": "b", "issuer": ""}, "OAUTH_OIDC_ISSUER"),
        ("oidc", {"issuer": "https://id.example.com"}, "OAUTH_OIDC_CLIENT_ID"),
    ],
)
def test_half_of_them_stop_the_start_with_a_sentence_that_names_what_is_missing(
    provider, given, missing
):
    with pytest.raises(env.BadSetting) as stopped:
        client(provider, **given)

    sentence = str(stopped.value)
    assert sentence.startswith(f"{missing} is not usable: it is not set, but OAUTH_")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "page"),
    [
        ("github", "https://github.com/login/oauth/authorize"),
        ("kakao", "https://kauth.kakao.com/oauth/authorize"),
    ],
)
def test_without_a_base_url_the_provider_itself_is_meant(settings, provider, page):
    settings.OAUTH_CLIENTS[provider] |= {"base_url": ""}

    assert Traveller(provider).leave().partition("?")[0] == page


def test_google_is_asked_for_its_own_configuration(settings, rf):
    settings.OAUTH_CLIENTS["google"] |= {"base_url": ""}

    provider = providers.find(rf.get("/"), "google")

    assert provider.server_url == "https://accounts.google.com/.well-known/openid-configuration"


@pytest.mark.parametrize("value", ["id.example.com", "ftp://id.example.com", "javascript:x"])
def test_an_address_is_one_of_http(monkeypatch, value):
    monkeypatch.setenv("OAUTH_OIDC_ISSUER", value)

    with pytest.raises(env.BadSetting, match=r"^OAUTH_OIDC_ISSUER is not usable: "):
        env.address("OAUTH_OIDC_ISSUER")


def test_a_slash_at_the_end_of_an_address_does_not_matter(monkeypatch):
    monkeypatch.setenv("OAUTH_OIDC_ISSUER", "https://id.example.com/ ")

    assert env.address("OAUTH_OIDC_ISSUER") == "https://id.example.com"
