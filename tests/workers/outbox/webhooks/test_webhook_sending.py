"""Posting to real receivers: signed, again after failures, and to nowhere inside."""

import asyncio
import logging
import os
import socket
import time

import pytest
from standardwebhooks.webhooks import WebhookVerificationError
from support.eventually import comes_true
from support.reply_rows import make_reply, make_running
from support.webhooks.certificate import self_signed
from support.webhooks.hooks import OUTCOME, make_ended, make_webhook
from support.webhooks.receiver import Receiver

from api import threads
from chat import outcomes
from chat.replies import lifecycle
from workers.engine.engine import Engine
from workers.models import Delivery, Webhook
from workers.outbox.webhooks import connecting, deliveries, sending
from workers.outbox.webhooks.sending import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture
async def sender():
    sender = Sender()
    yield sender
    async with asyncio.timeout(10):
        await sender.close()


async def looks_until(sender, condition):
    """As the watch would: again and again."""

    async def look():
        sender.look()
        await asyncio.sleep(0.01)
        return condition()

    return await comes_true(look)


async def all_finished(sender):
    async def look():
        sender.look()
        await asyncio.sleep(0.01)
        return not await threads.run(Delivery.objects.filter(finished_at=None).exists)

    await comes_true(look)
    return await threads.run(lambda: list(Delivery.objects.order_by("id")))


async def ended(member, *urls, count=1):
    """The webhooks, and the replies that ended."""
    webhooks = [await threads.run(make_webhook, member, url) for url in urls]
    return webhooks, [await threads.run(make_ended, member) for _ in range(count)]


async def test_an_ended_reply_arrives_signed(sender, receiver, member):
    [webhook], [reply] = await ended(member, receiver.url)

    [row] = await all_finished(sender)

    [request] = receiver.requests
    event = request.verified(webhook.secret)
    assert (event["type"], event["data"]["id"]) == ("reply.finished", str(reply.id))
    assert request.path == "/hook"
    assert request.headers["content-type"] == "application/json"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 5
    assert (row.attempts, row.status) == (1, 200)
    with pytest.raises(WebhookVerificationError):
        request.verified("whsec_" + "A" * 43 + "=")


async def test_cancelled_and_failed_replies_arrive_too(sender, receiver, member):
    await threads.run(make_webhook, member, receiver.url)
    await threads.run(lambda: lifecycle.cancel_queued(make_reply(member).id))
    await threads.run(lambda: lifecycle.fail(make_running(member), outcomes.CRASH_LOOP, OUTCOME))

    await all_finished(sender)

    [webhook] = await threads.run(lambda: list(Webhook.objects.all()))
    told = [request.verified(webhook.secret)["data"] for request in receiver.requests]
    assert {(data["status"], data["error"]["code"]) for data in told} == {
        ("cancelled", "cancelled"),
        ("failed", "crash_loop"),
    }


async def test_a_failure_is_followed_by_another_attempt_under_the_same_id(
    sender, receiver, member, settings
):
    settings.WEBHOOK_RETRY_SECONDS = [1.1, 0.05]
    receiver.answers(500, 404)
    [webhook], _ = await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (3, 200)
    assert len({request.id for request in receiver.requests}) == 1
    assert len({request.body for request in receiver.requests}) == 1
    timestamps = [int(request.headers["webhook-timestamp"]) for request in receiver.requests]
    assert timestamps[1] > timestamps[0]
    for request in receiver.requests:
        request.verified(webhook.secret)


async def test_what_fails_to_the_end_is_given_up(sender, receiver, member):
    receiver.answers(*[503] * 10)
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status, len(receiver.requests)) == (4, 503, 4)


async def test_a_receiver_that_is_not_there_is_tried_again(sender, member):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    await ended(member, f"http://127.0.0.1:{port}/")

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (4, None)


async def test_a_receiver_that_hangs_is_left_after_the_timeout(receiver, member, settings):
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.3
    sender = Sender()
    receiver.answers(receiver.hang)
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status, len(receiver.requests)) == (2, 200, 2)
    await sender.close()


def endless(handler):
    """A body without an end, as fast as it is taken."""
    handler.send_response(200)
    handler.end_headers()
    handler.server.taken = 0
    try:
        while True:
            handler.wfile.write(b"x" * 100_000)
            handler.server.taken += 100_000
    except OSError:
        handler.server.broken = True


async def test_a_body_without_an_end_is_not_read(sender, receiver, member):
    receiver.answers(endless)
    began = time.monotonic()
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (1, 200)
    assert time.monotonic() - began < 2
    await comes_true(lambda: getattr(receiver._server, "broken", False))
    assert receiver._server.taken < 20_000_000


async def test_a_receiver_that_answers_nonsense_is_tried_again(sender, receiver, member):
    receiver.answers(
        lambda handler: handler.wfile.write(b"HELLO THERE\r\n\r\n"),
        lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y" * 30_000),
        lambda handler: handler.connection.close(),
    )
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (4, 200)


async def test_a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing(
    sender, member, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    with Receiver(tls=self_signed(tmp_path)) as receiver:
        await ended(member, receiver.url)

        [row] = await all_finished(sender)

    assert (row.attempts, row.status, receiver.requests) == (4, None, [])
    assert "ClientConnectorCertificateError" in caplog.text


async def test_all_webhooks_of_a_member_hear_under_one_id(
    sender, receiver, another_receiver, member
):
    receiver.answers(500)
    webhooks, _ = await ended(member, receiver.url, another_receiver.url)

    await all_finished(sender)

    assert (len(receiver.requests), len(another_receiver.requests)) == (2, 1)
    assert receiver.requests[0].id == another_receiver.requests[0].id
    receiver.requests[0].verified(webhooks[0].secret)
    with pytest.raises(WebhookVerificationError):
        receiver.requests[0].verified(webhooks[1].secret)


async def test_a_receiver_that_hangs_holds_up_no_other(sender, receiver, another_receiver, member):
    receiver.answers(*[receiver.hang] * 100)
    await ended(member, receiver.url, another_receiver.url, count=6)

    await looks_until(sender, lambda: len(another_receiver.requests) == 6)

    assert len(receiver.requests) == deliveries.MAX_PER_WEBHOOK


async def test_no_more_are_on_their_way_at_once_than_there_is_room_for(
    sender, receiver, member, monkeypatch
):
    monkeypatch.setattr(sending, "MAX_AT_ONCE", 3)
    receiver.answers(*[receiver.hang] * 5)
    await ended(member, *[receiver.url] * 5)

    await looks_until(sender, lambda: len(receiver.requests) == 3)

    for _ in range(3):
        sender.look()
        await asyncio.wait([sender._looking])
    assert len(sender._in_flight) == len(receiver.requests) == 3


async def test_a_deleted_webhook_hears_nothing_more(sender, receiver, another_receiver, member):
    receiver.answers(500)
    [webhook, _], _ = await ended(member, receiver.url, another_receiver.url)
    await looks_until(sender, lambda: receiver.requests and another_receiver.requests)

    await threads.run(webhook.delete)
    await threads.run(make_ended, member)

    await all_finished(sender)
    assert (len(receiver.requests), len(another_receiver.requests)) == (1, 2)


async def test_a_reply_of_a_deleted_conversation_is_not_told(sender, receiver, member):
    _, [reply, other] = await ended(member, receiver.url, count=2)
    await threads.run(
        lambda: (
            type(reply.conversation)
            .objects.filter(id=reply.conversation_id)
            .update(deleted_at=reply.finished_at)
        )
    )

    await all_finished(sender)

    assert [request.id for request in receiver.requests] == [f"msg_{other.id.hex}"]


async def test_410_switches_the_webhook_off(sender, receiver, member):
    receiver.answers(410)
    await ended(member, receiver.url)

    await all_finished(sender)
    await threads.run(make_ended, member)
    await all_finished(sender)

    assert len(receiver.requests) == 1
    assert (await threads.run(Webhook.objects.get)).disabled_at is not None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(
    sender, receiver, another_receiver, member, status
):
    receiver.answers(*[(status, {"Location": another_receiver.url})] * 4)
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status) == (4, status)
    assert another_receiver.requests == []


# Nothing goes in


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


# The sender's own end


async def test_a_sender_that_closes_hands_back_what_hangs(receiver, member, monkeypatch):
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.1)
    sender = Sender()
    receiver.answers(receiver.hang)
    await ended(member, receiver.url)
    await looks_until(sender, lambda: receiver.requests)

    await sender.close()
    sender.look()

    [again] = await threads.run(lambda: deliveries.claim(limit=10, busy=[]))
    assert again.number == 2


async def test_a_sender_that_closes_lets_what_is_on_its_way_arrive(receiver, member):
    def slow(handler):
        time.sleep(0.3)
        handler._answer(200, {})

    sender = Sender()
    receiver.answers(slow)
    await ended(member, receiver.url)
    await looks_until(sender, lambda: receiver.requests)

    await sender.close()

    row = await threads.run(Delivery.objects.get)
    assert (row.attempts, row.status) == (1, 200)


async def test_a_worker_that_stops_hands_back_what_hangs_and_takes_nothing_more(
    receiver, another_receiver, member, settings, monkeypatch
):
    monkeypatch.setattr(sending, "GRACE_SECONDS", 0.1)
    settings.WORKER_TICK_SECONDS = 0.05
    receiver.answers(receiver.hang)
    await ended(member, receiver.url)
    engine = Engine(capacity=1)
    await engine.start()
    await comes_true(lambda: receiver.requests)

    await engine.drain(0)
    await ended(member, another_receiver.url)
    await engine.recovery.tick()
    await engine.stop()

    assert (len(receiver.requests), len(another_receiver.requests)) == (1, 0)
    taken = await threads.run(lambda: deliveries.claim(limit=10, busy=[]))
    assert sorted(attempt.number for attempt in taken) == [1, 1, 2]


async def test_the_database_may_be_away_for_a_while(sender, receiver, member, monkeypatch):
    from django.db import OperationalError

    real, calls = deliveries.settle, []

    def failing(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("away")
        return real(*args, **kwargs)

    monkeypatch.setattr(deliveries, "settle", failing)
    await ended(member, receiver.url)

    [row] = await all_finished(sender)

    assert (row.attempts, row.status, len(calls)) == (1, 200, 2)


async def test_neither_url_nor_secret_nor_text_reaches_the_logs(
    sender, receiver, member, caplog, capfd
):
    caplog.set_level(logging.INFO)
    receiver.answers(500, lambda handler: handler.connection.close())
    [webhook], _ = await ended(member, receiver.url + "?token=of-the-receiver")
    await all_finished(sender)
    await threads.run(lambda: Webhook.objects.update(url="http://mina.invalid/of-the-receiver"))
    await threads.run(make_ended, member)
    await all_finished(sender)

    printed = caplog.text + "".join(capfd.readouterr())
    assert "webhook.delivered" in printed
    assert "webhook.failed" in printed
    for secret in (
        webhook.secret.removeprefix("whsec_"),
        "of-the-receiver",
        "안녕",
        "mina.invalid",
    ):
        assert secret not in printed
