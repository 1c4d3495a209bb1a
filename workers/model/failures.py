"""What can go wrong with a model, as members read it. Text of the provider never reaches them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chat.outcomes import Failure


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A line of docs/errors.md."""

    code: str
    when: str
    detail: str
    auto_retry: bool  # the engine tries again by itself
    retryable: bool  # a member may try again later


UNREACHABLE = Kind(
    code="model_unreachable",
    when="The model server refused or broke the connection.",
    detail="The model could not be reached.",
    auto_retry=True,
    retryable=True,
)
TIMEOUT = Kind(
    code="model_timeout",
    when="The server answered 408, nothing for MODEL_STALL_SECONDS (no whole"
    " answer within MODEL_ANSWER_SECONDS when not streamed), or no end in MODEL_DEADLINE_SECONDS.",
    detail="The model stopped answering.",
    auto_retry=True,
    retryable=True,
)
BUSY = Kind(
    code="model_rate_limited",
    when="The server answered 429.",
    detail="The model is asked too often at the moment.",
    auto_retry=True,
    retryable=True,
)
BROKEN = Kind(
    code="model_error",
    when="The server answered 409 or 5xx, or reported an error inside the stream.",
    detail="The model reported an error.",
    auto_retry=True,
    retryable=True,
)
UNREADABLE = Kind(
    code="model_response_invalid",
    when="The response was no JSON, or ended before every choice did.",
    detail="The model's answer could not be read to its end.",
    auto_retry=True,
    retryable=True,
)
NO_CREDIT = Kind(
    code="model_quota_exhausted",
    when="The server answered 429 with `insufficient_quota`.",
    detail="The operator's account with the model provider is used up.",
    auto_retry=False,
    retryable=True,
)
NO_ACCESS = Kind(
    code="model_access_denied",
    when="The server answered 401 or 403: its key is wrong or lacks rights.",
    detail="The model refuses this server's key.",
    auto_retry=False,
    retryable=False,
)
UNKNOWN_MODEL = Kind(
    code="model_not_found",
    when="The server answered 404: it does not know the model.",
    detail="The model does not exist any more. Choose another one.",
    auto_retry=False,
    retryable=False,
)
TOO_LONG = Kind(
    code="context_too_long",
    when="The server answered 400 with `context_length_exceeded`.",
    detail="The conversation is too long for this model.",
    auto_retry=False,
    retryable=False,
)
REFUSED = Kind(
    code="request_refused",
    when="The server answered 400, 413, 422 or another 4xx.",
    detail="The model refuses this request.",
    auto_retry=False,
    retryable=False,
)
INTERNAL = Kind(
    code="internal_error",
    when="A fault of ours while the answer was made; it was logged.",
    detail="Something went wrong here. It was logged.",
    auto_retry=True,
    retryable=True,
)
KINDS = (
    UNREACHABLE,
    TIMEOUT,
    BUSY,
    BROKEN,
    UNREADABLE,
    NO_CREDIT,
    NO_ACCESS,
    UNKNOWN_MODEL,
    TOO_LONG,
    REFUSED,
    INTERNAL,
)


class ModelFailure(Exception):
    """The model gave no whole answer. `reason` is for our log, never for members."""

    def __init__(self, kind: Kind, *, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{kind.code}: {reason}")
        self.kind = kind
        self.reason = reason
        self.retry_after = retry_after

    def for_member(self) -> Failure:
        return Failure(code=self.kind.code, detail=self.kind.detail, retryable=self.kind.retryable)


class ParameterRefused(Exception):
    """The server does not know one field of the request, and may take another dialect.

    `parameter` is the field's name, one that was sent.
    """

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


def of_status(status: int, code: str, *, retry_after: float | None) -> ModelFailure:
    """An HTTP error of the model server; `code` is its `error.code` or `error.type`."""
    kind = _kind_of(status, code)
    reason = f"HTTP {status} {code}".strip()
    return ModelFailure(kind, reason=reason, retry_after=retry_after if kind.auto_retry else None)


def in_stream(error: Any) -> ModelFailure:
    """An error object that came instead of a chunk."""
    code = error.get("code") or error.get("type") if isinstance(error, dict) else None
    if code == "insufficient_quota":
        return ModelFailure(NO_CREDIT, reason="in stream: insufficient_quota")
    return ModelFailure(BROKEN, reason=f"in stream: {str(code)[:60]}")


def _kind_of(status: int, code: str) -> Kind:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return NO_CREDIT if code == "insufficient_quota" else BUSY
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.CONFLICT:
        return BROKEN
    if status == HTTPStatus.BAD_REQUEST and code == "context_length_exceeded":
        return TOO_LONG
    return _KIND_OF_STATUS.get(status, REFUSED)


_KIND_OF_STATUS: dict[int, Kind] = {
    HTTPStatus.REQUEST_TIMEOUT: TIMEOUT,
    HTTPStatus.UNAUTHORIZED: NO_ACCESS,
    HTTPStatus.FORBIDDEN: NO_ACCESS,
    HTTPStatus.NOT_FOUND: UNKNOWN_MODEL,
}
