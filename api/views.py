"""The base of views that wait or stream."""

from typing import Any, NoReturn

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import threads


class AsyncView(APIView):
    """DRF's authentication and errors around asynchronous handlers.

    What comes before the handler asks the database, on one of the shared threads: `initial`, which
    authenticates. A view that has to ask the database before its handler extends `initial`, so that
    both take one hop to a thread. While the handler waits, the request has neither a thread nor a
    connection.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A coroutine, for `as_view` sees that the handlers are."""
        return self.async_dispatch(request, *args, **kwargs)

    async def async_dispatch(
        self, given: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        self.request = request = self.initialize_request(given, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            await threads.run(self.initial, request, *args, **kwargs)
            response = await self._handler(request)(request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        await self.complete(request, self.response)
        return self.response

    async def complete(self, request: Request, response: HttpResponseBase) -> None:
        """The last word on each answer, errors too; what it does may ask the database."""

    def _handler(self, request: Request) -> Any:
        method = (request.method or "").lower()
        known = method in self.http_method_names
        return getattr(self, method, self._refuse) if known else self._refuse

    async def _refuse(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise MethodNotAllowed(request.method or "")

    async def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]  # all handlers of a view must be asynchronous
        return super().options(request, *args, **kwargs)
