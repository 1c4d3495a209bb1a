"""Verifiers and their challenges (RFC 7636), here between the client and us."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

# The SHA-256 of a verifier in base64url without padding: 43 characters (section 4.2).
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# Section 4.1.
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def opens(*, verifier: str, challenge: str) -> bool:
    return hmac.compare_digest(challenge_of(verifier), challenge)
