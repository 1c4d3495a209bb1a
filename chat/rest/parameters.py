"""What requests carry outside their bodies: query parameters and headers."""

import hashlib
import re

from django.utils.translation import get_language_from_request
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.pagination import PAGE
from api.renderers import to_json
from api.text import storable
from chat.conversations import export, intake
from chat.limits.daily_limit import Quota
from chat.live import long_poll, sse
from chat.replies.accept import Idempotency
from chat.resources import search

CONVERSATIONS = [
    *PAGE,
    OpenApiParameter(
        "q",
        str,
        description="Lists those with this text in the title or in what was said, ignoring case.",
    ),
    OpenApiParameter("archived", bool, description="Lists the archived ones instead."),
]
FORMAT = OpenApiParameter("format", str, enum=["json", "md"], default="json")
DISPOSITION = OpenApiParameter(
    "Content-Disposition",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="`attachment`, with the title as the file's name.",
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters; the same key gives the same reply.",
)
RATE_LIMIT = [
    OpenApiParameter(name, str, OpenApiParameter.HEADER, response=True, description=what)
    for name, what in (
        ("RateLimit-Policy", "The daily limit: `q` requests in `w` seconds."),
        ("RateLimit", "What is left of it: `r` requests, for `t` seconds."),
    )
]
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`wait=n` (RFC 7240): answer later, within n seconds, at most 60.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="An ETag: 304 while the reply's status and attempt are those; "
    "with `Prefer: wait`, the answer comes as soon as they are not.",
)
LAST_EVENT_ID = OpenApiParameter(
    sse.FIELD,
    str,
    OpenApiParameter.HEADER,
    description="The id of the last event that was read; goes on after it.",
)


def _told(name: str, statuses: list[int], what: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, response=statuses, description=what)


ETAG = _told("ETag", [200, 304], "Changes with the status and the attempt.")
PREFERENCE_APPLIED = _told("Preference-Applied", [200, 202, 304], "`wait=n`, when it was waited.")
RETRY_AFTER = _told("Retry-After", [200, 202, 304], "In seconds, while the reply has not ended.")
LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201, 202])
# Of every request that is accepted or refused.
ACCEPTING = [IDEMPOTENCY, PREFER, LOCATION, PREFERENCE_APPLIED, RETRY_AFTER]
_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_DAY_SECONDS = 86_400
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


def rate_limit_headers(quota: Quota) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-10; `t` is until the next midnight."""
    return {
        "RateLimit-Policy": f'"daily";q={quota.limit};w={_DAY_SECONDS}',
        "RateLimit": f'"daily";r={quota.remaining};t={quota.seconds_left}',
    }
