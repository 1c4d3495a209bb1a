"""WhiteNoise's middleware, without a thread for each request that waits.

Beside a file may lie the same compressed (`.br`, `.gz`; the client's build writes them): WhiteNoise
sends the smallest that the client takes.
"""

from types import SimpleNamespace
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils.http import parse_etags
from whitenoise.middleware import WhiteNoiseMiddleware

from . import accept_encoding
from .compression import weak

_VARIANTS = frozenset({"br", "gzip"})


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise is untyped
    """The parent is synchronous, and Django keeps a thread for whoever passes through such one."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._asynchronous = iscoroutinefunction(get_response)
        if self._asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        return self._answer(request) if self._asynchronous else super().__call__(request)

    async def _answer(self, request: Any) -> Any:
        file = self.files.get(request.path_info)
        return await self.get_response(request) if file is None else self.serve(file, request)

    @staticmethod
    def serve(static_file: Any, request: Any) -> Any:
        """WhiteNoise takes `gzip;q=0` for gzip, gives all variants one strong ETag, and compares it
        with nothing but itself: here it is told what was meant, and the ETag is weak."""
        meta = request.META | _understood(static_file, request.headers)
        asked = SimpleNamespace(method=request.method, META=meta)
        response = WhiteNoiseMiddleware.serve(static_file, asked)
        if "Accept-Encoding" in response.get("Vary", "") and response.has_header("ETag"):
            response["ETag"] = weak(response["ETag"])
        return response


def _understood(static_file: Any, headers: Any) -> dict[str, str]:
    codings = accept_encoding.accepted(headers.get("Accept-Encoding", "")) & _VARIANTS
    meta = {"HTTP_ACCEPT_ENCODING": " ".join(codings)}
    known = {etag.removeprefix("W/") for etag in parse_etags(headers.get("If-None-Match", ""))}
    if known & {static_file.etag, "*"}:
        meta["HTTP_IF_NONE_MATCH"] = static_file.etag
    return meta
