"""The two JSON Web Tokens of a session (RFC 7519): a short access token and a refresh token."""

import uuid
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import aware_utcnow

from accounts.models import Session
from api.errors import DomainError

from . import signing

SESSION_CLAIM = "sid"
AnyToken = TypeVar("AnyToken", bound=Token)


class TokenInvalid(DomainError):
    detail = "The token is malformed, expired or not one of ours. Sign in again."


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


class Access(AccessToken):
    _token_backend = signing.backend


class Refresh(RefreshToken):
    _token_backend = signing.backend
    access_token_class = Access


def issue(session: Session) -> TokenPair:
    """A new pair for the session; the access token derives from the refresh token's claims."""
    refresh = Refresh.for_user(session.member)
    refresh[SESSION_CLAIM] = str(session.id)
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def read_access(text: str) -> AccessToken:
    """Raises TokenInvalid. The signature of a token that comes again is not computed again."""
    token = copy(_read_once(text, tuple(settings.JWT_KEYS)))
    token.payload = token.payload.copy()
    try:
        token.check_exp(current_time=aware_utcnow())
    except TokenError as error:
        raise TokenInvalid() from error
    return token


def read_refresh(text: str) -> RefreshToken:
    """Raises TokenInvalid."""
    return _read(Refresh, text)


def session_id(token: Token) -> uuid.UUID:
    """Raises TokenInvalid when the token carries none."""
    try:
        return uuid.UUID(str(token[SESSION_CLAIM]))
    except (KeyError, ValueError) as error:
        raise TokenInvalid() from error


@lru_cache(maxsize=2000)
def _read_once(text: str, keys: tuple[str, ...]) -> AccessToken:
    return _read(Access, text)


def _read(kind: type[AnyToken], text: str) -> AnyToken:
    try:
        return kind(text)  # type: ignore[arg-type]  # the stubs know only Token objects
    except (TokenError, ValueError, TypeError) as error:
        raise TokenInvalid() from error
