"""Listening sockets, kept by the launcher: a server that is started again refuses no connection."""

import errno
import socket
import time

from config.launcher.errors import LaunchError

_BACKLOG = 2048
# The servers of a launcher that was killed end with it, but not in the same instant.
_PATIENCE_SECONDS = 1.0


def listen(*, host: str, port: int) -> socket.socket:
    """Raises LaunchError when the address cannot be had."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise LaunchError(_explain(error, host=host, port=port)) from None
        time.sleep(0.05)


def url(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    # Accepted connections inherit it. uvicorn takes an inherited descriptor for a Unix socket and
    # so would not set it, and Nagle's algorithm would hold back the small frames of a live answer.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _explain(error: OSError, *, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: stop what uses it, or set another, as in PORT={port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user: set PORT to a number above 1023."
    return f"HOST {host} is no address of this machine ({error.strerror}): set HOST=127.0.0.1."
