"""What the server says of itself and of what it needs."""

import json
import socket
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 0.5


def checks(url: str) -> dict[str, str] | None:
    """One GET /readyz: what it says of each part; None for anything but 200.

    By hand, because the socket listens long before a server accepts: urllib would be imported only
    to wait here.
    """
    address = urlsplit(url)
    request = f"GET /readyz HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n"
    try:
        target = (address.hostname, address.port or 80)
        with socket.create_connection(target, timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(request.encode())
            answer = connection.makefile("rb").read()
    except OSError:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ")[1:2] != [b"200"]:
        return None
    try:
        found: dict[str, str] = json.loads(body)["checks"]
    except ValueError:  # the server ended in the middle of its answer
        return None
    return found


def missing(found: dict[str, str]) -> dict[str, str]:
    """The checks that are not ok yet."""
    return {name: says for name, says in found.items() if says != "ok"}
