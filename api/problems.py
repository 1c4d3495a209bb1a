"""Which errors an operation may answer with: declared beside its handler.

config/http/problems.py says which status and code each error is; config/openapi/schema.py puts the
declared ones into the OpenAPI document. In tests an error that is not declared fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)

from .errors import FieldError
from .parsers import BodyTooLarge

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Problem:
    """Errors that have one HTTP status, and the document's words for it.

    `status` is given where config/http/problems.py knows none of the errors.
    """

    description: str
    errors: tuple[type[Exception], ...]
    status: int | None = None


def problem(description: str, *errors: type[Exception], status: int | None = None) -> Problem:
    return Problem(description, errors, status)


def missing(*models: type[Any]) -> Problem:
    """Of rows of these models that are named in the address."""
    return problem("Not there, or not yours", *(model.DoesNotExist for model in models))


MALFORMED = problem("Bad request", ValidationError, FieldError, ParseError)
DATABASE_AWAY = problem("The database is away", OperationalError, InterfaceError)
NOT_SIGNED_IN = problem("No token, or none that counts", NotAuthenticated, AuthenticationFailed)
BODY = (problem("Over 1 MB", BodyTooLarge), problem("Not JSON", UnsupportedMediaType))
_WITH_BODY = ("POST", "PATCH", "PUT")


def answers(*problems: Problem) -> Callable[[Handler], Handler]:
    """Declares on a view's handler what it may answer, beside what the view's class declares.

    A class does so for all its handlers by an attribute `problems`.
    """

    def declare(handler: Handler) -> Handler:
        handler.problems = problems  # type: ignore[attr-defined]  # an attribute of ours
        return handler

    return declare


def of_every_operation(view: Any, method: str) -> list[Problem]:
    """What is not declared, since it follows from the method and from who may call."""
    found = [MALFORMED, DATABASE_AWAY]
    if view.authentication_classes:
        found.append(NOT_SIGNED_IN)
    return found + list(BODY if method in _WITH_BODY else ())


def declared(view: Any, method: str) -> list[Problem]:
    """Of the class, then of the handler, whose words for a status come before the class's."""
    handler = getattr(view, method.lower(), None)
    return [*getattr(view, "problems", ()), *getattr(handler, "problems", ())]
