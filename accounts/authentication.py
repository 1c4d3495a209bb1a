"""`Authorization: Bearer <access token>`: the token's signature, then its session's row.

The row is read on every request, so that a revoked session or a deactivated member is known at
once; it costs one query by primary key.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from . import tokens
from .models import Member, Session


class SessionTokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Member, Session] | None:
        token = bearer_token(request)
        if not token:
            return None
        session = live_session(token)
        return session.member, session

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="malgil"'


def bearer_token(request: Request) -> str:
    """The token of the Authorization header; empty when it holds none."""
    scheme, _, token = get_authorization_header(request).partition(b" ")
    return token.decode("latin-1").strip() if scheme.lower() == b"bearer" else ""


def live_session(access: str) -> Session:
    """The session behind an access token. Raises AuthenticationFailed."""
    try:
        session_id = tokens.session_id(tokens.read_access(access))
    except tokens.TokenInvalid as error:
        raise AuthenticationFailed(str(error), code="token_invalid") from error
    session = (
        Session.objects.select_related("member")
        .filter(id=session_id, revoked_at=None, member__is_active=True)
        .first()
    )
    if session is None:
        raise AuthenticationFailed("This session was ended. Sign in again.", code="session_ended")
    return session


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = SessionTokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
