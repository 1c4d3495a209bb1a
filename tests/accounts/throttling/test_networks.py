"""Where a request comes from, as far as it can be believed."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from accounts.throttling import networks


def network(peer, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return networks.of(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.fixture
def behind(settings):
    def proxies(*given):
        settings.TRUSTED_PROXIES = [ip_network(one) for one in given]

    return proxies


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_the_network_of_a_peer(peer, told):
    assert network(peer) == told


def test_what_a_stranger_forwards_is_not_believed():
    assert network("203.0.113.7", "198.51.100.9") == "203.0.113.7"


def test_what_a_proxy_of_ours_forwards_is_believed(behind):
    behind("10.0.0.0/8")

    assert network("10.1.2.3", "198.51.100.9") == "198.51.100.9"
    assert network("203.0.113.7", "198.51.100.9") == "203.0.113.7"


def test_a_proxy_at_a_unix_socket_is_ours_where_there_are_any(behind):
    assert network("", "198.51.100.9") == ""
    behind("127.0.0.1")

    assert network("", "198.51.100.9") == "198.51.100.9"


@pytest.mark.parametrize(
    ("forwarded", "told"),
    [
        ("192.0.2.66, 198.51.100.9", "198.51.100.9"),  # the client made the first one up
        ("198.51.100.9, 10.9.9.9", "198.51.100.9"),  # two proxies of ours
        ("10.9.9.9", "10.9.9.9"),
        ("nonsense", "10.1.2.3"),
        ("198.51.100.9, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
        (",,,", "10.1.2.3"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ],
)
def test_only_what_a_proxy_of_ours_saw_itself_counts(behind, forwarded, told):
    behind("10.0.0.0/8")

    assert network("10.1.2.3", forwarded) == told
