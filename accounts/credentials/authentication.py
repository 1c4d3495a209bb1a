"""`Authorization: Bearer …` with an access token or an API key.

The row behind it is read on every request, so that a revoked session or key, or a deactivated
member, is known at once; it costs one query by an index.
"""

from datetime import UTC, datetime
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import Member, Session
from api.prepared import Prepared

from . import keys, tokens
from .credential import Credential, active_ids

_living_session = Prepared(
    lambda session: Session.objects.select_related("member").filter(
        id=session, revoked_at=None, member__is_active=True
    )
)


class BearerAuthentication(BaseAuthentication):
    """`request.auth` is the Credential."""

    def authenticate(self, request: Request) -> tuple[Member, Credential] | None:
        text = _bearer(request)
        if not text:
            return None
        credential = prove(text)
        return credential.member, credential

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="malgil"'


class SessionToChange(BasePermission):
    """With an API key one may look, and change nothing. Comes after IsAuthenticated."""

    def has_permission(self, request: Request, view: object) -> bool:
        if credential_of(request).by_key and request.method not in SAFE_METHODS:
            raise keys.KeyNotAllowed()
        return True


def member_of(request: Request) -> Member:
    return cast(Member, request.user)


def credential_of(request: Request) -> Credential:
    return cast(Credential, request.auth)


def prove(text: str) -> Credential:
    """What an access token or an API key proves. Raises AuthenticationFailed."""
    return _of_key(text) if keys.is_one(text) else _of_session(text)


def require_living(credential: Credential) -> None:
    """For a request that waited. Raises AuthenticationFailed when its credential has ended."""
    if credential.id not in active_ids([credential.id]):
        raise _revoked() if credential.by_key else _ended()


def _bearer(request: Request) -> str:
    """The token of the Authorization header; empty when it holds none."""
    scheme, _, token = get_authorization_header(request).partition(b" ")
    return token.decode("latin-1").strip() if scheme.lower() == b"bearer" else ""


def _of_key(text: str) -> Credential:
    try:
        key = keys.find(text)
    except keys.KeyInvalid as error:
        raise _revoked() from error
    return Credential(source=key, until=timezone.now() + keys.HOLDS_FOR)


def _of_session(access: str) -> Credential:
    try:
        token = tokens.read_access(access)
        session_id = tokens.session_id(token)
    except tokens.TokenInvalid as error:
        raise AuthenticationFailed(str(error), code="token_invalid") from error
    session = _living_session.first(session=session_id)
    if session is None:
        raise _ended()
    return Credential(source=session, until=datetime.fromtimestamp(token["exp"], UTC))


def _revoked() -> AuthenticationFailed:
    return AuthenticationFailed(keys.KeyInvalid.detail, code="key_invalid")


def _ended() -> AuthenticationFailed:
    return AuthenticationFailed("This session was ended. Sign in again.", code="session_ended")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token (a JWT), or a personal API key (`mg_…`).",
        }
