"""Posting to real receivers: signed, again after failures, and with no secret in the logs."""

import asyncio
import logging
import socket
import time

import pytest
from standardwebhooks.webhooks import WebhookVerificationError
from support.chat.reply_rows import make_reply, make_running
from support.eventually import comes_true
from support.webhooks.certificate import self_signed
from support.webhooks.delivering import all_finished, ended, looks_until
from support.webhooks.hooks import OUTCOME, make_ended, make_webhook
from support.webhooks.receiver import Receiver

from api import threads
from chat import outcomes
from chat.replies import lifecycle
from workers.models import Webhook
from workers.outbox.webhooks import deliveries, sending
from workers.outbox.webhooks.sending import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


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
