# mypy: allow-subclassing-any
"""Requests to providers: bounded in time and size, and never led elsewhere."""

import time
from typing import Any

import requests
from django.conf import settings

MAX_BYTES = 1_000_000
_PIECE = 65_536


class AnswerTooLong(requests.RequestException):
    """The answer took too long, or is too large."""


class BoundedSession(requests.Session):
    """The body comes within OAUTH_TIMEOUT_SECONDS, drop by drop or not, and so do its first bytes.

    Redirects are not followed: what we send is meant for the provider alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.headers["User-Agent"] = "Malgil"

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        seconds = settings.OAUTH_TIMEOUT_SECONDS
        until = time.monotonic() + seconds
        bounds = {"timeout": seconds, "allow_redirects": False, "stream": True}
        response = super().request(*args, **(kwargs | bounds))
        try:
            # Where `requests` itself keeps what it has read.
            response._content = _read(response.raw, until=until)
        finally:
            response.close()
        return response


def _read(raw: Any, *, until: float) -> bytes:
    body = bytearray()
    while piece := raw.read1(_PIECE, decode_content=True):
        body += piece
        if len(body) > MAX_BYTES or time.monotonic() > until:
            raise AnswerTooLong()
    return bytes(body)
