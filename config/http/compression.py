"""Compresses the API's JSON where that saves something and tells nothing.

What a compressed body weighs depends on what in it occurs twice. Whoever can have a text of theirs
put into a body beside a secret, and see how long the answers are, finds the secret piece by piece
(BREACH, CVE-2013-3587). So a body that may hold a secret is never compressed: `_WITH_SECRETS` says
where those are, and tests/config/http/test_compression.py finds them in the schema. The admin's
pages, which trust a cookie, and all other addresses outside the API stay as they are too.
"""

import zlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeGuard

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from api import threads

from . import accept_encoding

_API = ("/api/v1/", "/v1/", "/api/schema")
# Tokens, one-time codes and tickets; keys, webhooks' secrets and addresses; the links of what is
# shared.
_WITH_SECRETS = ("/api/v1/auth/", "/api/v1/me/")
_SHARE = "/share"
_TYPES = frozenset({"application/json", "application/problem+json", "application/vnd.oai.openapi"})
# Below this the headers that compressing needs weigh as much as it saves.
_LEAST_BYTES = 1024
# From here on it takes longer than the way to a thread and back, and would hold up the event loop.
_LARGE_BYTES = 32_768
_LEVEL = 3  # the last of zlib's fast ones: half the time of its usual 6 for a tenth more bytes
_GZIP = 31  # zlib's name for a window of 32 kB in gzip's format


class Compression:
    """Middleware; inside CommonMiddleware, which would count the bytes before they are fewer."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._asynchronous = iscoroutinefunction(get_response)
        if self._asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._asynchronous:
            return self._answer(request)
        response: HttpResponseBase = self._get_response(request)
        if _is_to_be_compressed(response, request):
            _replace(response, _compressed(response.content))
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self._get_response(request)
        if _is_to_be_compressed(response, request):
            body = response.content
            is_large = len(body) >= _LARGE_BYTES
            short = await threads.run(_compressed, body) if is_large else _compressed(body)
            _replace(response, short)
        return response


def may_be_compressed(path: str) -> bool:
    """Whether no answer at this path holds a secret. `path` begins with `/`."""
    return path.startswith(_API) and not (path.startswith(_WITH_SECRETS) or path.endswith(_SHARE))


def _is_to_be_compressed(
    response: HttpResponseBase, request: HttpRequest
) -> TypeGuard[HttpResponse]:
    """Where the request's header decides it, the response's `Vary` is told so."""
    if not isinstance(response, HttpResponse) or len(response.content) < _LEAST_BYTES:
        return False
    if response.headers.get("Content-Type", "").partition(";")[0] not in _TYPES:
        return False
    if response.has_header("Content-Encoding") or not may_be_compressed(request.path_info):
        return False
    patch_vary_headers(response, ["Accept-Encoding"])
    if request.method == "HEAD":
        return False
    return "gzip" in accept_encoding.accepted(request.headers.get("Accept-Encoding", ""))


def _compressed(body: bytes) -> bytes:
    return zlib.compress(body, level=_LEVEL, wbits=_GZIP)


def _replace(response: HttpResponse, body: bytes) -> None:
    response.content = body
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(body))
    etag = response.headers.get("ETag")
    if etag is not None:
        response.headers["ETag"] = weak(etag)


def weak(etag: str) -> str:
    """For bodies that mean the same and are not the same bytes (RFC 9110, 8.8.1)."""
    return etag if etag.startswith("W/") else f"W/{etag}"
