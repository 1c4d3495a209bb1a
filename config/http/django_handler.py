"""How Django serves HTTP here: no request keeps a thread or a connection while it waits.

Django gives each request that meets synchronous code a thread of its own, which stays as long as
the request: 300 that wait for an answer would be 300 threads. So all middleware here is
asynchronous, synchronous views run whole on the shared threads of `api.threads`, and asynchronous
ones go there for their database work.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.cache import close_caches
from django.core.handlers import asgi
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.decorators import sync_and_async_middleware

from api import threads

from . import access_log


def _on_the_loop(function: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        function()

    return call


# Django's handler uses it for one thing: to close the response on a thread. What is closed here is
# a file or memory, and no receiver of `request_finished` is left that would need one.
asgi.sync_to_async = _on_the_loop  # type: ignore[attr-defined]  # imported there, not exported


class Handler(ASGIHandler):
    """Django's own, without what prepares and tidies up a request's thread: it has none.

    Django would make a thread for these receivers and for closing the response, each time
    (docs/private-uses.md).
    """

    def __init__(self) -> None:
        super().__init__()
        request_started.disconnect(close_old_connections)
        request_started.disconnect(reset_queries)
        request_finished.disconnect(close_old_connections)
        request_finished.disconnect(close_caches)
        request_finished.disconnect(reset_urlconf)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)


_NOTHING = "default-src 'none'; frame-ancestors 'none'"


@sync_and_async_middleware
def noted(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The outermost middleware: tells the access log what Django found out of a request."""
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            _note(request)
            return response

        return answer

    def answer_at_once(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        _note(request)
        return response

    return answer_at_once


def _note(request: HttpRequest) -> None:
    access = request.scope.get(access_log.KEY) if isinstance(request, ASGIRequest) else None
    if access is not None:
        access.note(request)


class _Inline:
    """Calls both hooks of Django's middleware where it is: none of them waits for anything.

    `MiddlewareMixin` hops to a thread before and after each request instead.
    """

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self.get_response):  # type: ignore[attr-defined]
            return self._answer(request)
        return super().__call__(request)  # type: ignore[misc]

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase | None = self.process_request(request)  # type: ignore[attr-defined]
        if response is None:
            response = await self.get_response(request)  # type: ignore[attr-defined]
        processed: HttpResponseBase = self.process_response(  # type: ignore[attr-defined]
            request, response
        )
        return processed


class Security(_Inline, SecurityMiddleware):
    pass


class Common(_Inline, CommonMiddleware):
    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        # Probes and Prometheus ask by whatever number a process has.
        return None if request.path in access_log.PROBES else super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        processed = super().process_response(request, response)
        if processed.status_code in (204, 304):  # they have no length (RFC 9110, 8.6)
            del processed["Content-Length"]
        return processed


class Framing(_Inline, XFrameOptionsMiddleware):
    """And what a browser may load for an answer that says nothing of it: nothing."""

    def process_request(self, request: HttpRequest) -> None:
        """The parent has none."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Security-Policy", _NOTHING)
        return super().process_response(request, response)


class SharedThreads:
    """Middleware: synchronous views, and what their responses render, run on shared threads."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
            self.process_view = _on_a_shared_thread

    def __call__(self, request: HttpRequest) -> Any:
        return self._get_response(request)


async def _on_a_shared_thread(
    request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponse | Awaitable[HttpResponse] | None:
    if iscoroutinefunction(view):
        return None  # Django calls it
    answer: HttpResponse = await threads.run(_rendered, request, view, args, kwargs)
    return answer


def _rendered(
    request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponse:
    response: Any = view(request, *args, **kwargs)
    rendered: HttpResponse = response.render() if hasattr(response, "render") else response
    return rendered
