"""What is said to a provider and heard from it. Nothing in here is written down."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.db import connection
from django.http import HttpRequest

from api.errors import DomainError

from . import identities, providers
from .identities import Identity

_ADDRESS = re.compile(r"https?://[!-~]+")

log = structlog.get_logger(__name__)


class ProviderFailed(DomainError):
    detail = "The provider cannot be reached, or its answer makes no sense. Try again later."


@dataclass(frozen=True)
class Question:
    """Where the browser has to go, and what is needed to check what it brings back."""

    url: str
    verifier: str
    nonce: str


def ask(request: HttpRequest, *, provider_id: str, state: str) -> Question:
    """Raises ProviderFailed."""
    provider = providers.find(request, provider_id)
    pkce, nonce = provider.get_pkce_params(), secrets.token_urlsafe(32)
    verifier = pkce.pop("code_verifier")
    if isinstance(provider, OpenIDConnectProvider):
        pkce["nonce"] = nonce
    with _sceptical(provider_id):
        adapter = provider.get_oauth2_adapter(request)
        client = adapter.get_client(request, provider.app)
        client.state = state
        url = client.get_redirect_url(adapter.authorize_url, provider.get_scope(), pkce)
        if not _ADDRESS.fullmatch(url):
            raise OAuth2Error("No browser can be sent there.")
    return Question(url=url, verifier=verifier, nonce=nonce)


def hear(request: HttpRequest, *, provider_id: str, verifier: str, nonce: str) -> Identity:
    """Who came back, by the `code` in the address. Raises ProviderFailed."""
    provider = providers.find(request, provider_id)
    if not connection.in_atomic_block:  # as in a test's transaction
        # A provider may take its time; others need the connection meanwhile.
        connection.close()
    with _sceptical(provider_id):
        adapter = provider.get_oauth2_adapter(request)
        client = adapter.get_client(request, provider.app)
        answer = adapter.get_access_token_data(request, provider.app, client, verifier)
        token = adapter.parse_token(answer)
        login = adapter.complete_login(request, provider.app, token, response=answer)
        if isinstance(provider, OpenIDConnectProvider):
            providers.check_id_token(login, nonce=nonce)
        return identities.of(login)


@contextmanager
def _sceptical(provider_id: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # allauth trusts answers to have their documented shape, so that a wrong one ends in
        # whatever its code runs into. Its messages quote the answer, which may hold a secret.
        log.warning("oauth.provider_failed", provider=provider_id, error=type(error).__name__)
        raise ProviderFailed() from error
