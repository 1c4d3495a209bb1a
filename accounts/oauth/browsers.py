"""Which browser began a sign-in, so that no other can end it.

A cookie of our own site, which the browser brings along as it comes back: both requests are
navigations, so this works wherever the client is served. Programs, which follow redirects without
keeping cookies, need none: nobody can be lured into running one.
"""

import hashlib
import re
import secrets

from django.http import HttpRequest, HttpResponse

COOKIE = "malgil_oauth"
PATH = "/api/v1/auth"
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def name_of(request: HttpRequest) -> str:
    """The browser's name, or a new one; one name for all its tabs."""
    name = request.COOKIES.get(COOKIE, "")
    return name if _FORM.fullmatch(name) else secrets.token_urlsafe(32)


def remember(response: HttpResponse, request: HttpRequest, *, name: str, seconds: int) -> None:
    response.set_cookie(
        COOKIE,
        name,
        max_age=seconds,
        path=PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def is_same(request: HttpRequest, *, digest: str) -> bool:
    """Whether it is the browser whose name has this digest."""
    name = request.COOKIES.get(COOKIE)
    if name is None:
        # Every browser says how it came to ask (Fetch Metadata), where the connection is safe.
        return "Sec-Fetch-Mode" not in request.headers
    return digest_of(name) == digest


def digest_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
