"""Query parameters and headers, as the OpenAPI document describes them."""

from drf_spectacular.utils import OpenApiParameter

from api.pagination import PAGE
from chat.live import sse

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


def _response(name: str, statuses: list[int], what: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, response=statuses, description=what)


ETAG = _response("ETag", [200, 304], "Changes with the status and the attempt.")
PREFERENCE_APPLIED = _response(
    "Preference-Applied", [200, 202, 304], "`wait=n`, when it was waited."
)
RETRY_AFTER = _response(
    "Retry-After", [200, 202, 304], "In seconds, while the reply has not ended."
)
LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201, 202])
# Of every request that is accepted or refused.
ACCEPTING = [IDEMPOTENCY, PREFER, LOCATION, PREFERENCE_APPLIED, RETRY_AFTER]
