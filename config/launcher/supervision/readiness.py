"""What the server says of itself and of what it needs."""

import json
import socket
import time
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 0.5
# Those who ask within one look of the supervisor share an answer.
_FRESH_SECONDS = 0.02


class Readiness:
    """The server at `url`, asked once where several want to know at the same moment."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._found: dict[str, str] | None = None
        self._asked_at = float("-inf")

    def checks(self) -> dict[str, str] | None:
        """As the function of that name."""
        if time.monotonic() - self._asked_at > _FRESH_SECONDS:
            self._found = checks(self._url)
            self._asked_at = time.monotonic()
        return self._found

    def is_serving(self) -> bool:
        return self.checks() is not None

    def has_workers(self) -> bool:
        return (self.checks() or {}).get("workers") == "ok"


def checks(url: str) -> dict[str, str] | None:
    """One GET /readyz: what it says of each part; None for anything but 200."""
    body = _get(url, "/readyz")
    if body is None:
        return None
    try:
        found: dict[str, str] = json.loads(body)["checks"]
    except ValueError:  # the server ended in the middle of its answer
        return None
    return found


def is_alive(url: str) -> bool:
    """Whether GET /healthz is answered with 200."""
    return _get(url, "/healthz") is not None


def missing(found: dict[str, str]) -> dict[str, str]:
    """The checks that are not ok yet."""
    return {name: says for name, says in found.items() if says != "ok"}


def _get(url: str, path: str) -> bytes | None:
    """The body of a 200.

    By hand, because the socket listens long before a server accepts: urllib would be imported only
    to wait here.
    """
    address = urlsplit(url)
    request = f"GET {path} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n"
    try:
        target = (address.hostname, address.port or 80)
        with socket.create_connection(target, timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(request.encode())
            answer = connection.makefile("rb").read()
    except OSError:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    return body if head.split(b" ")[1:2] == [b"200"] else None
