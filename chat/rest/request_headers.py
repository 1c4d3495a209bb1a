"""Reading what requests carry outside their bodies: query parameters and headers."""

import hashlib
import re

from django.utils.translation import get_language_from_request
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.renderers import to_json
from api.text import storable
from chat.conversations import export, intake
from chat.live import long_poll
from chat.replies.reply_request import Idempotency
from chat.resources import search

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?("[^"]*")')


def archived(request: Request) -> bool:
    """Raises ValidationError naming the parameter."""
    given = request.query_params.get("archived", "false")
    if given not in {"true", "false"}:
        raise ValidationError({"archived": ["Give true or false."]})
    return given == "true"


def query(request: Request) -> str:
    """What is searched for; empty for everything. Raises ValidationError naming `q`."""
    given = request.query_params.get("q", "").strip()
    if len(given) > search.MAX_CHARS:
        raise ValidationError({"q": [f"Give at most {search.MAX_CHARS} characters."]})
    if given != storable(given):
        raise ValidationError({"q": ["This holds characters that no text can have."]})
    return given


def export_format(request: Request) -> str:
    """Raises ValidationError naming the parameter."""
    given = request.query_params.get("format", "json")
    if given not in export.EXPORTS:
        raise ValidationError({"format": ["Give json or md."]})
    return given


def language(request: Request) -> str:
    """Korean or English, as `Accept-Language` says; English without it."""
    language = get_language_from_request(request._request)
    return language if language in intake.QUESTIONS else "en"


def idempotency(request: Request) -> Idempotency | None:
    """The key with a hash of what is asked: the path and the JSON, however it was spaced.

    Raises ValidationError naming the header.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["Give 1 to 255 printable ASCII characters."]})
    asked = request.path.encode() + to_json(request.data, sort_keys=True)
    return Idempotency(key=key, body_hash=hashlib.sha256(asked).hexdigest())


def preferred_wait(request: Request) -> int | None:
    """The seconds of `Prefer: wait=n`, cut to what is possible; None when nothing is preferred.

    What cannot be understood is not a preference (RFC 7240, 2).
    """
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        number = value.strip().strip('"')
        if name.strip().lower() == "wait" and number.isascii() and number.isdigit():
            return min(int(number[:9]), long_poll.MOST_SECONDS)
    return None


def known_etags(request: Request) -> list[str]:
    """Of If-None-Match, as they are compared weakly (RFC 9110, 8.8.3.2); `*` stays as it is."""
    given = request.headers.get("If-None-Match", "")
    return ["*"] if given.strip() == "*" else [weak(found) for found in _ETAG.findall(given)]


def weak(etag: str) -> str:
    return etag.removeprefix("W/")
