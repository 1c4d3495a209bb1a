"""Every error as an RFC 9457 problem document: here, and only here, errors become HTTP."""

from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.credentials.keys import KeyInvalid, KeyLimitReached, KeyNotAllowed
from accounts.credentials.sessions import EmailNotVerified, TokenReused, TokenRotated
from accounts.credentials.tokens import TokenInvalid
from accounts.members import CredentialsInvalid
from accounts.models import ApiKey, Member, Session
from accounts.oauth.codes import CodeInvalid
from accounts.oauth.linking import EmailRequired, EmailUnverified, MemberDeactivated
from accounts.oauth.providers import ProviderUnknown
from accounts.throttling.limits import ThrottlesUnavailable, TooManyAttempts
from api.errors import DomainError, FieldError
from api.problems import Problem
from api.renderers import to_json
from api.serializers import flatten_errors
from api.text import storable
from chat.conversations.intake import IntakeIncomplete, PromptInUse
from chat.limits.daily_limit import DailyLimitReached
from chat.live.sse import TooManyStreams
from chat.models import Conversation, Prompt, Reply
from chat.openai_surface import errors as openai_errors
from chat.openai_surface.errors import ModelNotOffered
from chat.replies.accept import KeyReused, QueueFull, ReplyInProgress
from workers.models import Webhook
from workers.outbox.webhooks.endpoints import WebhookLimitReached

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"

DOMAIN_ERRORS: dict[type[DomainError], tuple[int, str]] = {
    CredentialsInvalid: (401, "credentials_invalid"),
    TokenInvalid: (401, "token_invalid"),
    TokenRotated: (401, "token_rotated"),
    TokenReused: (401, "token_reused"),
    KeyInvalid: (401, "key_invalid"),
    CodeInvalid: (401, "code_invalid"),
    EmailNotVerified: (403, "email_not_verified"),
    KeyNotAllowed: (403, "key_not_allowed"),
    MemberDeactivated: (403, "member_deactivated"),
    ProviderUnknown: (404, "provider_unknown"),
    EmailRequired: (409, "email_required"),
    EmailUnverified: (409, "email_unverified"),
    KeyLimitReached: (409, "key_limit_reached"),
    WebhookLimitReached: (409, "webhook_limit_reached"),
    ModelNotOffered: (404, "model_not_found"),
    IntakeIncomplete: (409, "intake_incomplete"),
    PromptInUse: (409, "prompt_in_use"),
    ReplyInProgress: (409, "reply_in_progress"),
    KeyReused: (422, "idempotency_key_reused"),
    TooManyAttempts: (429, "too_many_attempts"),
    DailyLimitReached: (429, "daily_limit_reached"),
    TooManyStreams: (429, "too_many_streams"),
    ThrottlesUnavailable: (503, "throttles_unavailable"),
    QueueFull: (503, "queue_full"),
}
# Another member's resource is, like one that never was, not there.
MISSING = (
    Http404,
    ApiKey.DoesNotExist,
    Conversation.DoesNotExist,
    Member.DoesNotExist,  # gone while its request was on the way
    Prompt.DoesNotExist,
    Reply.DoesNotExist,
    Session.DoesNotExist,
    Webhook.DoesNotExist,
)
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
_DATABASE_AWAY = (OperationalError, InterfaceError)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None, which ends as a 500, for what nobody foresaw."""
    set_rollback()
    body, headers = _describe(error)
    if body is None:
        return None
    response = Response(body, status=body["status"], headers=headers)
    response.content_type = CONTENT_TYPE
    return response


def status_of(problem: Problem) -> int:
    """Raises ValueError where its errors have several; KeyError for an error unknown here."""
    if problem.status is not None:
        return problem.status
    (status,) = {_status_of(error) for error in problem.errors}
    return status


def _status_of(error: type[Exception]) -> int:
    if issubclass(error, FieldError):
        return 400
    if issubclass(error, MISSING):
        return 404
    if issubclass(error, exceptions.APIException):
        return error.status_code
    if issubclass(error, DomainError):
        return DOMAIN_ERRORS[error][0]
    if issubclass(error, _DATABASE_AWAY):
        return 503
    raise KeyError(error)


def problem(
    status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    body |= {"code": code, "detail": detail}
    return body | {"errors": errors} if errors is not None else body


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 404, "not_found", "There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _plain(request, 413, "body_too_large", "The request body is larger than 1 MB.")
    return _plain(request, 400, "bad_request", "The request cannot be understood.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _plain(request, 500, "internal_error", "Something went wrong here. It was logged.")


def _describe(error: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    if isinstance(error, FieldError):
        named = [{"field": error.field, "detail": str(error)}]
        return problem(400, error.code, str(error), named), {}
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", "Some fields are not valid.", _named(error.detail)), {}
    if isinstance(error, MISSING):
        return problem(404, "not_found", "There is nothing at this address."), {}
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    if isinstance(error, _DATABASE_AWAY):
        log.error("database.unavailable", error=type(error).__name__)
        detail = "The database cannot be reached. Try again in a moment."
        return problem(503, "database_unavailable", detail), {"Retry-After": "2"}
    return None, {}


def _domain(error: DomainError) -> tuple[dict[str, Any], dict[str, str]]:
    status, code = DOMAIN_ERRORS[type(error)]
    headers = {"WWW-Authenticate": 'Bearer realm="malgil"'} if status == 401 else {}
    if retry_after := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(retry_after)
    return problem(status, code, str(error)), headers


def _framework(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    code = error.get_codes() if isinstance(error.detail, str) else error.default_code
    return problem(error.status_code, str(code), storable(str(error.detail))), headers


def _named(detail: Any) -> list[dict[str, str]]:
    return [
        {"field": field, "detail": storable(str(text))} for field, text in flatten_errors(detail)
    ]


def _plain(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """What no view answered; under /v1 in OpenAI's shape, as its views do."""
    body, content_type, headers = problem(status, code, detail), CONTENT_TYPE, {}
    if openai_errors.are_spoken_at(request.path):
        body, content_type = openai_errors.of_problem(body), openai_errors.CONTENT_TYPE
        headers = openai_errors.headers(status)
    return HttpResponse(to_json(body), status=status, content_type=content_type, headers=headers)
