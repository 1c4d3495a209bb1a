"""Where webhooks lead: out, and never in, however the address is spelled or resolved."""

from ipaddress import ip_address, ip_network

import pytest

from workers.outbox.webhooks.addresses import literal, may_be_reached

INNER = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.0"),
    *("172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.0"),
    *("192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::2", "::10.0.0.1", "::8.8.8.8", "fc00::1", "fd12:3456::1", "fe80::1"),
    *("fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "100::1", "2001::1"),
    *("2001:0:7f00:1::", "2001:10::1", "2001:db8::1", "2002::1", "2002:7f00:1::", "3fff::1"),
    *("2002:808:808::1", "4000::1", "64:ff9b:1::a00:1", "5f00::1"),
    # forms of inner addresses of version 4
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:0"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "::ffff:0:10.0.0.1"),
]
OUTER = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"),
    *("126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0"),
    *("192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"),
    *("223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:200::1"),
    *("2003::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "3ffe::1"),
]


@pytest.fixture(autouse=True)
def _nothing_allowed(settings, _quick):
    settings.WEBHOOK_ALLOWED_NETWORKS = []


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_not_reached(address):
    assert not may_be_reached(ip_address(address))


@pytest.mark.parametrize("address", OUTER)
def test_an_outer_address_is_reached(address):
    assert may_be_reached(ip_address(address))


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("64:ff9b::10.1.2.3", True),
        ("10.2.0.1", False),
        ("fd00:1::5", True),
        ("fd00:2::5", False),
        ("8.8.8.8", True),
    ],
)
def test_what_the_operator_allows_is_reached_and_nothing_beside_it(settings, address, reached):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]

    assert may_be_reached(ip_address(address)) is reached


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1"],
)
def test_an_address_is_known_in_every_spelling(host):
    assert literal(host) == ip_address("127.0.0.1")


@pytest.mark.parametrize("host", ["hooks.example.com", "a", "1.2.3.4.5", "256.256.256.256", "é"])
def test_a_name_is_no_address(host):
    assert literal(host) is None
