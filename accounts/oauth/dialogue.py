"""What is said to a provider and heard from it. Nothing in here is written down.

Each provider has threads of its own: one that dawdles keeps nobody waiting but those who go there.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import HttpRequest

from api.errors import DomainError

from . import identities, providers
from .identities import Identity

Heard = TypeVar("Heard")
# The configuration, the token and the profile; or the token, the profile and the addresses.
ANSWERS = 3
MOST_AT_ONCE = 8
_ADDRESS = re.compile(r"https?://[!-~]+")
_threads = {
    provider_id: ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix=f"oauth-{provider_id}")
    for provider_id in providers.PROVIDERS
}

log = structlog.get_logger(__name__)


class ProviderFailed(DomainError):
    detail = "The provider cannot be reached, or its answer makes no sense. Try again later."


@dataclass(frozen=True)
class Question:
    """Where the browser has to go, and what is needed to check what it brings back."""

    url: str
    verifier: str
    nonce: str


async def ask(request: HttpRequest, *, provider_id: str, state: str) -> Question:
    """Raises ProviderFailed, after `ANSWERS` times OAUTH_TIMEOUT_SECONDS at the latest."""
    return await _apart(provider_id, partial(_ask, request, provider_id, state))


async def fetch_identity(
    request: HttpRequest, *, provider_id: str, verifier: str, nonce: str
) -> Identity:
    """Who came back, by the `code` in the address. Raises ProviderFailed, as late as `ask`."""
    return await _apart(
        provider_id, partial(_fetch_identity, request, provider_id, verifier, nonce)
    )


def _ask(request: HttpRequest, provider_id: str, state: str) -> Question:
    provider = providers.find(request, provider_id)
    pkce, nonce = provider.get_pkce_params(), secrets.token_urlsafe(32)
    verifier = pkce.pop("code_verifier")
    if isinstance(provider, OpenIDConnectProvider):
        pkce["nonce"] = nonce
    adapter = provider.get_oauth2_adapter(request)
    client = adapter.get_client(request, provider.app)
    client.state = state
    url = client.get_redirect_url(adapter.authorize_url, provider.get_scope(), pkce)
    if not _ADDRESS.fullmatch(url):
        raise OAuth2Error("No browser can be sent there.")
    return Question(url=url, verifier=verifier, nonce=nonce)


def _fetch_identity(request: HttpRequest, provider_id: str, verifier: str, nonce: str) -> Identity:
    provider = providers.find(request, provider_id)
    adapter = provider.get_oauth2_adapter(request)
    client = adapter.get_client(request, provider.app)
    answer = adapter.get_access_token_data(request, provider.app, client, verifier)
    token = adapter.parse_token(answer)
    login = adapter.complete_login(request, provider.app, token, response=answer)
    if isinstance(provider, OpenIDConnectProvider):
        providers.check_id_token(login, nonce=nonce)
    return identities.of(login, realm=providers.realm_of(provider_id))


async def _apart(provider_id: str, call: Callable[[], Heard]) -> Heard:
    loop = asyncio.get_running_loop()
    with _sceptical(provider_id):
        async with asyncio.timeout(ANSWERS * settings.OAUTH_TIMEOUT_SECONDS):
            return await loop.run_in_executor(_threads[provider_id], call)


@contextmanager
def _sceptical(provider_id: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # allauth trusts answers to have their documented shape, so that a wrong one ends in
        # whatever its code runs into. Its messages quote the answer, which may hold a secret.
        log.warning("oauth.provider_failed", provider=provider_id, error=type(error).__name__)
        raise ProviderFailed() from error
