"""Connections that reach no inner address, whatever a name says by the time it is asked.

The address is looked at where the socket for it is made: after the name was resolved, and also
where the URL held an address and nothing was. Nobody resolves again in between.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings

from . import addresses

# Names that take long to resolve, which a member may choose, hold up other webhooks at most: the
# model's name is resolved elsewhere.
_RESOLVING_THREADS = 8
_HEADER_BYTES = 8190


class InnerAddress(OSError):
    """Nothing is sent there."""


def session() -> aiohttp.ClientSession:
    """For webhooks only: without cookies, proxies and second thoughts. Needs a running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # whoever posts has a bound
            force_close=True,  # so that each request looks at its address
            use_dns_cache=False,
            resolver=Resolver(),
            socket_factory=_outward,
        ),
        timeout=aiohttp.ClientTimeout(total=settings.WEBHOOK_TIMEOUT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=_HEADER_BYTES,  # of a body no more is taken from the wire
    )


class Resolver(AbstractResolver):
    """The system's, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, thread_name_prefix="webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        ask = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=known,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for known, _, _, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _outward(target: aiohttp.AddrInfoType) -> socket.socket:
    """aiohttp's hook: a socket for one address that it is about to connect to."""
    family, kind, protocol, _, address = target
    meant = addresses.literal(str(address[0]))
    if meant is None or not addresses.may_be_reached(meant):
        raise InnerAddress("a webhook leads to an inner address")
    return socket.socket(family, kind, protocol)
