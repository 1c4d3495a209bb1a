"""OpenAI's error shape, made of what Malgil says anyway: its problems, and why a reply failed.

The status decides which exception the official client raises, the code says the rest.
"""

from http import HTTPStatus
from typing import Any

from api.errors import DomainError
from chat.models import Reply

from .requests.fields import JSON

_PREFIX = "/v1/"
CONTENT_TYPE = "application/json"
_TYPES = {HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error"}
# What it means over HTTP that a reply has no answer; what is not listed is the model's fault, 502.
_OF_REPLIES = {
    "cancelled": HTTPStatus.CONFLICT,
    "context_too_long": HTTPStatus.BAD_REQUEST,
    "crash_loop": HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "model_not_found": HTTPStatus.NOT_FOUND,
    "model_quota_exhausted": HTTPStatus.SERVICE_UNAVAILABLE,
    "model_rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "model_timeout": HTTPStatus.GATEWAY_TIMEOUT,
    "request_refused": HTTPStatus.BAD_REQUEST,
}


class ModelNotOffered(DomainError):
    detail = "This model is not offered; GET /v1/models lists those that are."
    param = "model"


class Unanswered(Exception):
    """The reply got no answer that could be given, or not to the stream that was begun."""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = told(status=status, code=code, message=message)

    @classmethod
    def of(cls, reply: Reply) -> "Unanswered":
        """For a reply that failed or was cancelled; it stays in the history."""
        code = reply.error_code or "internal_error"
        status = _OF_REPLIES.get(code, HTTPStatus.BAD_GATEWAY)
        return cls(status=status, code=code, message=f"{reply.error_detail} (reply {reply.id})")

    @classmethod
    def started_over(cls, reply_id: object) -> "Unanswered":
        message = (
            "The answer had to be started over and begins in another way now, which this stream"
            f" cannot say. It goes on, and will be stored: reply {reply_id}."
        )
        return cls(status=HTTPStatus.BAD_GATEWAY, code="started_over", message=message)

    @classmethod
    def given_up(cls, reply_id: object) -> "Unanswered":
        message = (
            "The session or the key that asked has ended, or the text was not read for long."
            f" The answer goes on, and will be stored: reply {reply_id}."
        )
        return cls(status=HTTPStatus.UNAUTHORIZED, code="waiting_ended", message=message)


def are_spoken_at(path: str) -> bool:
    """Whether errors at this address have OpenAI's shape."""
    return f"{path}/".startswith(_PREFIX)


def told(*, status: int, code: str, message: str, param: str | None = None) -> JSON:
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    error = {"message": message, "type": _TYPES.get(HTTPStatus(status), kind)}
    return {"error": error | {"param": param or None, "code": code}}


def of_problem(problem: dict[str, Any], param: str | None = None) -> JSON:
    """The same for a problem document; of several wrong fields OpenAI's shape names the first."""
    named = problem.get("errors") or []
    first = named[0] if named else {}
    return told(
        status=problem["status"],
        code=problem["code"],
        message=first.get("detail", problem["detail"]),
        param=first.get("field", param),
    )


def headers(status: int, *, stored: bool = False) -> dict[str, str]:
    """The official client repeats what fails with 409, 429 and 5xx, twice, unless it is told.

    Nothing gets better by that: a limit stays reached, and a failed reply was tried several times.
    With 503 the client may wait and try again, unless what it asks was `stored`: then it would be
    answered and counted twice.
    """
    again = status == HTTPStatus.SERVICE_UNAVAILABLE and not stored
    return {} if again else {"x-should-retry": "false"}
