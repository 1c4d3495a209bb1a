"""How tokens are signed (JWS, RFC 7515): each names its key, so that keys can be rotated.

New tokens are signed with the first key. Those signed with a former one count as long as it is
kept, so a new key signs nobody out: make SECRET_KEY new, put the old one into
SECRET_KEY_FALLBACKS, and take it out when the last refresh token of its time has expired.
"""

import hashlib
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings


class RotatingBackend(TokenBackend):
    def encode(self, payload: dict[str, Any]) -> str:
        key = settings.JWT_KEYS[0]
        claims = payload | {"aud": self.audience, "iss": self.issuer}
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": key_id(key)})

    def get_verifying_key(self, token: Any) -> Any:
        """Of a token that names none, the first. Raises TokenBackendError for an unknown one."""
        try:
            named = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError as error:
            raise TokenBackendError("Token is invalid") from error
        known = {key_id(key): key for key in settings.JWT_KEYS}
        key = settings.JWT_KEYS[0] if named is None else known.get(named)
        if key is None:
            raise TokenBackendError("Token is signed with a key that does not count any more")
        return key


def key_id(key: str) -> str:
    """Says which key it is, and nothing about it."""
    return hashlib.sha256(b"malgil key id:" + key.encode()).hexdigest()[:16]


backend = RotatingBackend(
    api_settings.ALGORITHM, audience=api_settings.AUDIENCE, issuer=api_settings.ISSUER
)
