# mypy: allow-subclassing-any
"""The providers: allauth's, with addresses from the settings and stricter checks.

Our id of each stands in its addresses. Google is an OpenID Connect provider like others.
"""

from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.kakao.provider import KakaoProvider
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from api.errors import DomainError


class ProviderUnknown(DomainError):
    detail = "There is no such provider here."


class CallsBack:
    """An adapter of allauth's for which the provider sends the browser to our own address."""

    request: HttpRequest
    provider_id: str

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        path = reverse("oauth_callback", kwargs={"provider": self.provider_id})
        return request.build_absolute_uri(path)

    @property
    def base_url(self) -> str:
        """Empty for the provider's own."""
        return str(settings.OAUTH_CLIENTS[self.provider_id]["base_url"])


class NumbersUsers:
    """A provider of allauth's whose ids are numbers; allauth takes anything as text."""

    def extract_uid(self, data: dict[str, Any]) -> str:
        if type(data["id"]) is not int:
            raise OAuth2Error("The id is no number.")
        return str(data["id"])


class GitHubAdapter(CallsBack, GitHubOAuth2Adapter):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        if self.base_url:
            # The addresses of a GitHub Enterprise Server.
            self.authorize_url = f"{self.base_url}/login/oauth/authorize"
            self.access_token_url = f"{self.base_url}/login/oauth/access_token"
            self.profile_url = f"{self.base_url}/api/v3/user"
            self.emails_url = f"{self.base_url}/api/v3/user/emails"


class GitHub(NumbersUsers, GitHubProvider):
    oauth2_adapter_class = GitHubAdapter


class KakaoAdapter(CallsBack, KakaoOAuth2Adapter):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        if self.base_url:
            self.authorize_url = f"{self.base_url}/oauth/authorize"
            self.access_token_url = f"{self.base_url}/oauth/token"
            self.profile_url = f"{self.base_url}/v2/user/me"


class Kakao(NumbersUsers, KakaoProvider):
    oauth2_adapter_class = KakaoAdapter

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """Kakao: an address that is not valid belongs to another Kakao account by now."""
        addresses: list[Any] = super().extract_email_addresses(data)
        for address in addresses:
            address.verified = address.verified and data["kakao_account"].get("is_email_valid")
        return addresses


class OpenIdAdapter(CallsBack, OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        issuer = settings.OAUTH_CLIENTS[self.provider_id]["issuer"]
        # OpenID Connect Discovery 1.0, section 4.3; a slash more or less is no other issuer.
        if not self.base_url and config["issuer"].rstrip("/") != issuer.rstrip("/"):
            raise OAuth2Error("The configuration is another issuer's.")
        return config

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any
    ) -> Any:
        app.settings["fetch_userinfo"] = "userinfo_endpoint" in self.openid_config
        return super().complete_login(request, app, token, **kwargs)


class OpenId(OpenIDConnectProvider):
    oauth2_adapter_class = OpenIdAdapter

    @property
    def server_url(self) -> str:
        client = settings.OAUTH_CLIENTS[self.app.provider_id]
        address: str = self.wk_server_url(client["base_url"] or client["issuer"])
        return address


PROVIDERS = {"github": GitHub, "kakao": Kakao, "google": OpenId, "oidc": OpenId}


def find(request: HttpRequest, provider_id: str) -> Any:
    """allauth's provider. Raises ProviderUnknown, also for one that is not on."""
    client = settings.OAUTH_CLIENTS.get(provider_id)
    if client is None:
        raise ProviderUnknown()
    app = SocialApp(
        provider=provider_id,
        provider_id=provider_id,
        name=client["name"],
        client_id=client["client_id"],
        secret=client["client_secret"],
        settings={"oauth_pkce_enabled": True},
    )
    return PROVIDERS[provider_id](request, app=app)


def realm_of(provider_id: str) -> str:
    """Within what its ids are unique; kept with them.

    So those of one provider mean nobody at another to which the settings point later.
    """
    client = settings.OAUTH_CLIENTS[provider_id]
    elsewhere = client["issuer"] if provider_id == "oidc" else client["base_url"]
    return f"{provider_id} {elsewhere}".strip()


def check_id_token(login: SocialLogin, *, nonce: str) -> None:
    """OpenID Connect Core 1.0: sections 3.1.3.7 (the nonce) and 5.3.2 (who userinfo is about).

    allauth checks issuer, audience and, where there is one, expiry. Raises OAuth2Error, and
    KeyError for what is missing.
    """
    claims = login.account.extra_data["id_token"]
    if claims["nonce"] != nonce or not claims["exp"]:
        raise OAuth2Error("The ID token is an answer to another request.")
    if str(claims["sub"]) != login.account.uid:
        raise OAuth2Error("The profile is somebody else's.")
