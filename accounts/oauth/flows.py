"""From the client to a provider and back: `state` says which sign-in it is, once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import OAuthFlow
from api import threads

from . import addresses, browsers, codes, dialogue
from .dialogue import ProviderFailed

LIFETIME = timedelta(minutes=10)
# What the client is told, as `error`, when somebody comes back without a code.
DENIED, LOST, FAILED = "access_denied", "state_lost", "provider_failed"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and the name by which it is known when it is back."""

    url: str
    browser: str


async def start(
    request: HttpRequest, *, provider_id: str, next: str, challenge: str, client: str
) -> Departure:
    """Raises FieldError for a `next` or a `client` that is not ours.

    A provider that fails leads straight back to the client.
    """
    next = addresses.checked_next(next)
    client = addresses.client_of(request, given=client)
    state, browser = secrets.token_urlsafe(32), browsers.name_of(request)
    try:
        question = await dialogue.ask(request, provider_id=provider_id, state=state)
    except ProviderFailed:
        return Departure(url=addresses.return_to(client, error=FAILED), browser=browser)
    flow = OAuthFlow(
        digest=_digest(state),
        provider=provider_id,
        client=client,
        next=next,
        challenge=challenge,
        verifier=question.verifier,
        nonce=question.nonce,
        browser=browsers.digest_of(browser),
        expires_at=timezone.now() + LIFETIME,
    )
    await threads.run(_keep, flow)
    return Departure(url=question.url, browser=browser)


async def finish(request: HttpRequest, *, provider_id: str) -> str:
    """The client's address to go on to, with a one-time code or with an error."""
    flow = await threads.run(_take, request.GET.get("state", ""))
    client = flow.client if flow else "/"
    if request.GET.get("error") == DENIED:
        return addresses.return_to(client, error=DENIED)
    if flow is None or not _continues(request, flow, provider_id):
        return addresses.return_to(client, error=LOST)
    if not request.GET.get("code"):
        return addresses.return_to(client, error=FAILED)
    try:
        identity = await dialogue.fetch_identity(
            request, provider_id=provider_id, verifier=flow.verifier, nonce=flow.nonce
        )
    except ProviderFailed:
        return addresses.return_to(client, error=FAILED)
    code = await threads.run(
        codes.issue, identity=identity, next=flow.next, challenge=flow.challenge
    )
    return addresses.return_to(client, code=code)


def _keep(flow: OAuthFlow) -> None:
    # Those who are late are still told so, where they began.
    OAuthFlow.objects.filter(expires_at__lt=timezone.now() - LIFETIME).delete()
    flow.save(force_insert=True)


def _take(state: str) -> OAuthFlow | None:
    flow = OAuthFlow.objects.filter(digest=_digest(state)).first()
    if flow is None:
        return None
    # Whoever deletes the row has used the state; the same one at the same moment deletes none.
    taken, _ = OAuthFlow.objects.filter(digest=flow.digest).delete()
    return flow if taken else None


def _continues(request: HttpRequest, flow: OAuthFlow, provider_id: str) -> bool:
    in_time = flow.expires_at > timezone.now()
    return (
        in_time and flow.provider == provider_id and browsers.is_same(request, digest=flow.browser)
    )


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
