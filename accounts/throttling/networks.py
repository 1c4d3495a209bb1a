"""Where a request comes from, as far as it can be believed."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# One customer of a provider has at least that much of IPv6 (RFC 6177), and could use a new address
# for each attempt.
_IPV6_PREFIX = 64
Address = IPv4Address | IPv6Address


def of(request: HttpRequest) -> str:
    """An IPv4 address, or the /64 of an IPv6 one; empty where the server does not tell."""
    address = _client(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address or "")


def _client(request: HttpRequest) -> Address | None:
    """The last address that no proxy of ours has: what stands before it, anybody may have said."""
    address = _read(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    while forwarded and _is_ours(address):
        given = _read(forwarded.pop())
        if given is None:
            break
        address = given
    return address


def _is_ours(address: Address | None) -> bool:
    if address is None:
        # A Unix socket, which only a proxy on this machine can have opened.
        return bool(settings.TRUSTED_PROXIES)
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # The same machine, whichever way it came.
    return getattr(address, "ipv4_mapped", None) or address
