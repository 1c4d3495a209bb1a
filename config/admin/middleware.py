"""What the admin's pages need around them, and no other page: a session, a member, messages.

In settings.MIDDLEWARE these would cost every request of the API.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import structlog
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from psycopg.errors import QueryCanceled

log = structlog.get_logger(__name__)
View = Callable[..., Any]
# Select2 draws with inline styles that its script sets, which no policy forbids.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def around(view: View) -> View:
    """The view as the admin's pages are answered."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def inner(request: HttpRequest) -> HttpResponse:
            return _rendered(request, view, args, kwargs)

        chain: Any = MessageMiddleware(inner)
        for middleware in (AuthenticationMiddleware, LocaleMiddleware, SessionMiddleware):
            chain = middleware(chain)
        response: HttpResponse = _or_why_not(request, chain)
        response["Content-Security-Policy"] = POLICY
        return response

    return update_wrapper(answer, view)


def _rendered(request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse:
    """Rendered here, inside: a template may use up messages, which the session then stores."""
    try:
        response: Any = view(request, *args, **kwargs)
        answer: HttpResponse = response.render() if hasattr(response, "render") else response
    except (Http404, PermissionDenied) as error:
        status, text = (404, "There is nothing here.") if isinstance(error, Http404) else (403, "")
        return _page(request, status, text or "You may not do this.")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return _page(
            request, 503, "This took too long and was stopped. Search for less, or filter more."
        )
    return answer


def _or_why_not(request: HttpRequest, chain: View) -> HttpResponse:
    try:
        answer: HttpResponse = chain(request)
    except (OperationalError, InterfaceError) as error:
        log.error("database.unavailable", error=type(error).__name__)
        return HttpResponse(
            "The database cannot be reached: see /readyz and `manage.py doctor`.",
            status=503,
            content_type="text/plain",
        )
    return answer


def _page(request: HttpRequest, status: int, text: str) -> HttpResponse:
    page = render_to_string("admin/why_not.html", {"title": text, "status": status}, request)
    return HttpResponse(page, status=status)
