"""Whether the server says that it is ready."""

import socket
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 0.5


def is_ready(url: str) -> bool:
    """One GET /readyz; False for anything but 200. Answers within a second.

    By hand, because the socket listens long before a server accepts: urllib would be imported only
    to wait here.
    """
    address = urlsplit(url)
    request = f"GET /readyz HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n"
    try:
        target = (address.hostname, address.port or 80)
        with socket.create_connection(target, timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(request.encode())
            status_line = connection.recv(64)
    except OSError:
        return False
    return status_line.split(b" ")[1:2] == [b"200"]
