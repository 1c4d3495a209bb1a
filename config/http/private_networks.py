"""Addresses that nobody on the internet has: RFC 1918, RFC 4193, RFC 3927, and this machine."""

from ipaddress import ip_network

PRIVATE_NETWORKS = [
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
]
