"""Mails going out, from a worker's loop and from worker processes that are killed."""

import asyncio
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from support.eventually import comes_true

from accounts.mails import outbox
from accounts.mails.readers import Reader
from accounts.models import Mail, MailKind
from api import threads
from workers.outbox.mails.sending import Mailer

pytestmark = [pytest.mark.django_db(transaction=True)]


class Server(BaseEmailBackend):
    """Answers as it was told to, in turn; then takes everything."""

    answers: list[Exception] = []
    sent: list[str] = []

    def send_messages(self, messages):
        for message in messages:
            message.message()
            if Server.answers:
                raise Server.answers.pop(0)
            Server.sent.append(message.to[0])
        return len(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = "test_mail_sending.Server"
    monkeypatch.setattr(Server, "answers", [])
    monkeypatch.setattr(Server, "sent", [])
    return Server


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(outbox, "PAUSES", [outbox.PAUSES[0] / 100] * 3)


@pytest.fixture
async def mailer():
    mailer = Mailer()
    yield mailer
    async with asyncio.timeout(10):
        await mailer.close()


async def post(*emails):
    reader = Reader(language="en", client="http://testserver/")
    for email in emails:
        await threads.run(outbox.post, MailKind.PASSWORD_CHANGED, email=email, reader=reader)


async def all_gone(mailer):
    async def look():
        mailer.look()
        await asyncio.sleep(0.01)
        return not await threads.run(Mail.objects.exists)

    await comes_true(look)


async def test_what_was_noted_goes_out_once(mailer):
    emails = [f"member{number}@example.com" for number in range(12)]
    await post(*emails)

    await all_gone(mailer)

    assert sorted(message.to[0] for message in mail.outbox) == sorted(emails)


async def test_one_look_sends_a_whole_burst(mailer):
    await post(*["mina@example.com"] * 30)

    mailer.look()

    await comes_true(lambda: len(mail.outbox) == 30)


async def test_a_mail_to_nobody_is_forgotten(mailer):
    reader = Reader(language="en", client="http://testserver/")
    await threads.run(outbox.post, MailKind.PASSWORD_RESET, email="nobody@x.org", reader=reader)

    await all_gone(mailer)

    assert mail.outbox == []


PASSING = [
    ConnectionRefusedError(),
    smtplib.SMTPServerDisconnected(),
    smtplib.SMTPAuthenticationError(535, b"wrong password"),
    smtplib.SMTPRecipientsRefused({"mina@example.com": (450, b"greylisted")}),
    RuntimeError("whatever"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
async def test_after_a_failure_it_is_tried_again(mailer, server, error):
    server.answers = [error]
    await post("mina@example.com")

    await all_gone(mailer)

    assert server.sent == ["mina@example.com"]


async def test_a_mail_that_nobody_takes_is_given_up(mailer, server):
    server.answers = [ConnectionRefusedError() for _ in range(4)]
    await post("mina@example.com")

    await all_gone(mailer)

    assert (server.sent, server.answers) == ([], [])


@pytest.fixture
def patient(monkeypatch):
    """What is tried again at all is tried again after the test."""
    monkeypatch.setattr(outbox, "PAUSES", [timedelta(hours=1)])


@pytest.mark.usefixtures("patient")
async def test_an_address_that_does_not_exist_is_not_tried_again(mailer, server):
    gone = smtplib.SMTPRecipientsRefused({"mina@example.com": (550, b"no such user")})
    server.answers = [gone]
    await post("mina@example.com")

    await all_gone(mailer)

    assert (server.sent, server.answers) == ([], [])


@pytest.mark.usefixtures("patient")
async def test_a_line_break_in_an_address_reaches_no_server(mailer, server):
    await post("mina@example.com\nBcc: all@example.com", "good@example.com")

    await all_gone(mailer)

    assert server.sent == ["good@example.com"]


async def test_a_mailer_that_ends_hands_back_what_it_has(monkeypatch, settings):
    release = asyncio.Event()

    async def hangs(self, message):
        await release.wait()
        return True

    monkeypatch.setattr(Mailer, "_hand_over", hangs)
    monkeypatch.setattr("workers.outbox.mails.sending.GRACE_SECONDS", 0.05)
    await post("mina@example.com")
    mailer = Mailer()
    mailer.look()
    await comes_true(lambda: mailer._in_flight)

    await mailer.close()

    [again] = await threads.run(lambda: outbox.claim(limit=5))
    assert again.attempts == 2


async def test_a_mailer_that_ends_takes_no_more(mailer):
    mailer.take_no_more()
    await post("mina@example.com")

    mailer.look()
    await asyncio.sleep(0.1)

    assert mail.outbox == []
    assert await threads.run(Mail.objects.count) == 1


def test_neither_addresses_nor_links_are_logged(caplog, server, transactional_db):
    server.answers = [ConnectionRefusedError("mina@example.com")]

    async def send():
        mailer = Mailer()
        await post("mina@example.com")
        await all_gone(mailer)
        await mailer.close()

    asyncio.run(send())

    assert "mail.sent" in caplog.text
    assert "mina@" not in caplog.text
