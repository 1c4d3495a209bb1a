"""Which addresses a webhook may reach: none within the networks of whoever runs this.

After IANA's registries of special-purpose addresses (RFC 6890). They are written out, since what
Python's `ipaddress` calls global differs from one patch release to the next.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address

_INNER_4 = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# All that is routed in the world; unique local, link-local, multicast and loopback are outside.
_WORLD_6 = ip_network("2000::/3")
_INNER_6 = [
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which can lead to any address of version 4
        "3fff::/20",  # documentation
    )
]
# Forms of an address of version 4, which counts: mapped, and NAT64's (RFC 6052).
_CARRIES_4 = [ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96")]


def may_be_reached(address: Address) -> bool:
    meant = _meant(address)
    if any(meant in network for network in settings.WEBHOOK_ALLOWED_NETWORKS):
        return True
    if isinstance(meant, IPv4Address):
        return not any(meant in network for network in _INNER_4)
    return meant in _WORLD_6 and not any(meant in network for network in _INNER_6)


def literal(host: str) -> Address | None:
    """The address that a URL's host spells, in any way that a resolver may take; None for a name.

    So `0x7f.1`, `017700000001` and `2130706433` are 127.0.0.1.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _meant(address: Address) -> Address:
    if any(address in network for network in _CARRIES_4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
