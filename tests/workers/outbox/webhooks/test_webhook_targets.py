"""Nothing is posted to an inner address, whatever the URL, DNS, redirects or proxies say."""

import os
import socket

import pytest
from support.webhooks.delivering import all_finished, ended
from support.webhooks.receiver import Receiver

from api import threads
from workers.models import Webhook
from workers.outbox.webhooks import connecting
from workers.outbox.webhooks.sending import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture
def nothing_allowed(settings):
    """From now on: what was made before is in the table."""

    def forbid():
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        settings.WEBHOOK_RETRY_SECONDS = []

    return forbid


HOSTS = ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"]


@pytest.mark.parametrize("host", HOSTS)
async def test_an_inner_address_that_is_in_the_table_is_not_reached(
    sender, receiver, member, nothing_allowed, host
):
    """Whatever the check of the URL overlooks, or was changed since."""
    await ended(member, receiver.url)
    url = f"http://{host}:{receiver.port}/hook"
    await threads.run(lambda: Webhook.objects.update(url=url))
    nothing_allowed()

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (1, None)
    assert receiver.requests == []


async def resolved_inwards(sender, receiver, member, monkeypatch, *answers):
    """A name of the outer world that leads to these addresses, one answer after another."""
    waiting = list(answers)
    asked = []

    def getaddrinfo(host, port, **_):
        asked.append(host)
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(connecting.socket, "getaddrinfo", getaddrinfo)
    await ended(member, f"http://hooks.example.com:{receiver.port}/hook")
    return asked


async def test_a_name_that_leads_inwards_is_not_followed(
    sender, receiver, member, nothing_allowed, monkeypatch
):
    asked = await resolved_inwards(sender, receiver, member, monkeypatch, ["127.0.0.1"])
    nothing_allowed()

    [row] = await all_finished(sender)

    assert asked == ["hooks.example.com"]
    assert (row.attempts, row.status, receiver.requests) == (1, None, [])


async def test_the_same_name_is_followed_where_that_is_allowed(
    sender, receiver, member, monkeypatch
):
    """Without this, the refusals could have any reason."""
    asked = await resolved_inwards(sender, receiver, member, monkeypatch, ["127.0.0.1"])

    [row] = await all_finished(sender)

    assert (asked, row.status) == (["hooks.example.com"], 200)
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_a_name_is_asked_once_and_the_answer_is_what_is_looked_at(
    sender, receiver, member, settings, monkeypatch
):
    """DNS rebinding: a second question would get another answer."""
    from ipaddress import ip_network

    receiver.answers(500)
    asked = await resolved_inwards(
        sender, receiver, member, monkeypatch, ["127.0.0.1"], ["127.0.0.2"]
    )
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]
    settings.WEBHOOK_RETRY_SECONDS = [0.05]

    [row] = await all_finished(sender)

    assert len(asked) == row.attempts == 2
    assert (row.status, len(receiver.requests)) == (None, 1)


async def test_of_several_addresses_only_outer_ones_are_tried(
    sender, receiver, member, settings, monkeypatch
):
    from ipaddress import ip_network

    await resolved_inwards(sender, receiver, member, monkeypatch, ["10.0.0.1", "127.0.0.1"])
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (1, 200)


async def test_a_redirect_inwards_is_not_followed(sender, receiver, member, settings):
    with Receiver() as inner:
        receiver.answers((307, {"Location": f"http://[::ffff:127.0.0.1]:{inner.port}/"}))
        await ended(member, receiver.url)

        await all_finished(sender)

        assert inner.requests == []


async def test_proxies_of_the_environment_are_not_used(
    receiver, another_receiver, member, monkeypatch
):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, another_receiver.url)
    sender = Sender()
    await ended(member, receiver.url)

    await all_finished(sender)

    assert (len(receiver.requests), another_receiver.requests) == (1, [])
    await sender.close()
