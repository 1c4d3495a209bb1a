"""Where a sign-in may lead back to: a page of the client, and nowhere else."""

import re
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.http import HttpRequest

from api.errors import FieldError

NEXT_MAX_CHARS = 2000
CLIENT_MAX_CHARS = 500
# What stands in addresses (RFC 3986), and what browsers leave as it is in a query.
_AS_SENT = re.compile(r"[!#-;=?-\[\]^_a-~]+")
# Browsers drop some of these, and take a back-slash for a slash.
_NEVER = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Nobody who means well encodes an address more often.
_DECODINGS = 4
_ORIGIN = r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_CLIENT = re.compile(rf"({_ORIGIN})((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?")


def checked_next(path: str) -> str:
    """A path inside the client, to go on to after the sign-in. Raises FieldError."""
    path = path or "/"
    if not (_AS_SENT.fullmatch(path) and _stays_inside(path)):
        detail = "Give a path of the client, such as /c/0190, percent-encoded at most once."
        raise FieldError(field="next", detail=detail)
    return path


def client_of(request: HttpRequest, *, given: str) -> str:
    """The base address, ending in a slash, of the client that asks; only a path when we serve it.

    `given` names it; it must be at one of FRONTEND_ORIGINS, or here. Where it is empty, the
    `Referer` says whether the page was of one of FRONTEND_ORIGINS. Raises FieldError.
    """
    if not given:
        return _referring_origin(request) or "/"
    match = _CLIENT.fullmatch(given)
    if match is None:
        raise FieldError(field="client", detail="Give the address of the client's main page.")
    origin, path = match.groups()
    if origin in settings.FRONTEND_ORIGINS:
        return f"{origin}{path}/"
    # The host alone: behind a proxy we may not know that the browser used https.
    if origin.partition("://")[2] == request.get_host():
        return f"{path}/"
    raise FieldError(field="client", detail="No client at this origin is known here.")


def return_to(client: str, **found: str) -> str:
    """The client's page for those who come back from a provider: with a `code`, or an `error`."""
    return f"{client}login/return?{urlencode(found)}"


def _referring_origin(request: HttpRequest) -> str:
    match = re.match(_ORIGIN, request.headers.get("Referer", ""))
    origin = match[0] if match else ""
    return f"{origin}/" if origin in settings.FRONTEND_ORIGINS else ""


def _stays_inside(path: str) -> bool:
    """Whether it is one of our paths however often somebody on the way decodes it."""
    for _ in range(_DECODINGS):
        if not _is_inside(path):
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False


def _is_inside(path: str) -> bool:
    start, *steps = re.split(r"[?#]", path, maxsplit=1)[0].split("/")
    # Only the last step may be empty: `//evil` names a host, and `/.//evil` comes to the same.
    plain = start == "" and bool(steps) and "" not in steps[:-1]
    return plain and not {".", ".."} & set(steps) and not _NEVER.search(path)
