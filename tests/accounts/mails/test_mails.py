"""Mails that are noted: what they will say, to whom, and where their links lead."""

from datetime import timedelta

import pytest
from django.core.mail import BadHeaderError
from django.db import transaction
from django.db.models import F
from rest_framework.test import APIClient
from support.accounts.postbox import mail, mails
from support.racing import at_once_up_to_writing

from accounts.mails import letters, outbox
from accounts.mails.readers import Reader
from accounts.mails.texts import TEXTS
from accounts.models import Mail, MailKind

pytestmark = pytest.mark.django_db

READER = Reader(language="en", client="http://testserver/")


def ask(member, **headers):
    body = {"email": member.email}
    client = APIClient(headers=headers)
    return client.post("/api/v1/auth/password-reset", body, format="json")


def post(email="mina@example.com", kind=MailKind.PASSWORD_CHANGED):
    outbox.post(kind, email=email, reader=READER)
    return Mail.objects.latest("id")


# What they say


def test_every_kind_is_written_in_every_language(member):
    for language, texts in TEXTS.items():
        assert set(texts) == set(MailKind)
        for kind in MailKind:
            noted = Mail(kind=kind, email=member.email, language=language, client="http://x/")
            noted.member = member
            message = letters.compose(noted)
            assert message.subject.startswith("[Malgil] ")
            assert "{" not in message.body


@pytest.mark.parametrize(
    ("accepted", "word"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "비밀번호"),
        ("en", "password"),
        ("fr", "password"),
        ("", "password"),
    ],
)
def test_a_mail_is_in_the_reader_s_language(member, accepted, word):
    ask(member, **{"Accept-Language": accepted})

    message = mail()

    assert word in message.subject
    assert word in message.body


def test_a_mail_is_plain_text_and_no_reason_for_an_answer(member):
    ask(member)

    message = mail().message()

    assert message.get_content_type() == "text/plain"
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_mail_that_goes_out_twice_is_known_as_one(member):
    ask(member)
    noted = Mail.objects.get()

    first, second = letters.compose(noted), letters.compose(noted)

    assert first.message()["Message-ID"] == second.message()["Message-ID"]
    assert str(noted.id) in first.message()["Message-ID"]


def test_nothing_that_somebody_typed_stands_in_a_mail(member):
    member.nickname = "Win a prize at evil.example"
    member.save()
    ask(member)

    assert "evil" not in mail().body


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_an_address_with_a_line_break_is_never_sent_to(line_break):
    noted = post(f"mina@example.com{line_break}Bcc: all@example.com")

    with pytest.raises(BadHeaderError):
        letters.compose(noted).message()


# Where links lead


@pytest.fixture
def link(member):
    def leads(**headers):
        ask(member, **headers)
        return mail().body.split("http", 1)[1].split("#")[0]

    return leads


def test_links_lead_to_this_server(link):
    assert link() == "://testserver/reset-password"
    assert link(Origin="https://evil.example") == "://testserver/reset-password"


def test_links_lead_to_the_client_that_asked(link, settings):
    settings.FRONTEND_ORIGINS = ["https://a.example.com", "https://b.example.com"]

    assert link(Origin="https://b.example.com") == "s://b.example.com/reset-password"
    assert link(Origin="https://b.example.com.evil.example") == "://testserver/reset-password"


def test_links_lead_to_the_configured_client(link, settings):
    settings.CLIENT_URL = "https://chat.example.com/malgil"

    assert link() == "s://chat.example.com/malgil/reset-password"
    assert link(Origin="https://evil.example") == "s://chat.example.com/malgil/reset-password"


@pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example", "testserver:x"])
def test_a_host_that_is_not_ours_gets_no_mail_sent(member, host):
    body = {"email": member.email}
    answer = APIClient().post("/api/v1/auth/password-reset", body, format="json", HTTP_HOST=host)

    assert answer.status_code == 400
    assert not Mail.objects.exists()


# On their way


def age(**fields):
    Mail.objects.update(due_at=F("due_at") - timedelta(**fields))


def test_a_mail_that_was_taken_is_left_to_its_taker_for_a_while():
    post()
    [taken] = outbox.claim(limit=10)

    assert outbox.claim(limit=10) == []
    age(seconds=outbox.LEASE.total_seconds() + 1)
    [again] = outbox.claim(limit=10)

    assert (taken.attempts, again.attempts) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_what_is_due():
    for _ in range(20):
        post()

    shares = at_once_up_to_writing("accounts_mail", [lambda: outbox.claim(limit=5)] * 4)

    taken = [mail.id for share in shares for mail in share]
    assert len(taken) == len(set(taken)) >= 5


def test_the_oldest_goes_first():
    late, early = post(), post()
    Mail.objects.filter(id=early.id).update(due_at=F("due_at") - timedelta(minutes=1))

    assert [mail.id for mail in outbox.claim(limit=1)] == [early.id]
    assert [mail.id for mail in outbox.claim(limit=1)] == [late.id]


def test_a_failed_mail_is_tried_again_later_and_later_and_at_last_given_up():
    post()
    pauses = []
    while Mail.objects.exists():
        [taken] = outbox.claim(limit=1)
        pauses.append(outbox.put_off(taken))
        assert outbox.claim(limit=1) == []
        age(days=1)

    assert pauses == [*outbox.PAUSES, None]


def test_whoever_lost_the_lease_changes_nothing():
    post()
    [stale] = outbox.claim(limit=1)
    age(days=1)
    [current] = outbox.claim(limit=1)

    outbox.finish(stale)
    outbox.put_off(stale)
    outbox.hand_back([stale])
    assert outbox.claim(limit=1) == []
    assert Mail.objects.get().attempts == 2

    outbox.finish(current)
    assert not Mail.objects.exists()


def test_a_mail_of_a_transaction_that_fails_never_goes_out(member):
    with transaction.atomic():
        post()
        transaction.set_rollback(True)

    assert mails() == []
