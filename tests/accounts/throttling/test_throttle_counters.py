"""What throttles keep in Redis, and who may try what while there is none."""

import pytest
from support.accounts.attempts import HERE, log_in, post, sign_up, wrong
from support.people import PASSWORD, make_member
from support.refusals import refused

from accounts.credentials import sessions
from accounts.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis", "clock")]


@pytest.fixture
def no_redis(monkeypatch):
    from api.redis import Unavailable, link

    def away(operation):
        raise Unavailable

    monkeypatch.setattr(link, "call", away)


CLOSED = [
    ("login", {"email": "mina@example.com", "password": "x"}),
    ("signup", {"email": "mina@example.com", "password": PASSWORD, "nickname": "Mina"}),
    ("password-reset", {"email": "mina@example.com"}),
    ("email-verification", {"email": "mina@example.com"}),
]


@pytest.mark.parametrize(("path", "body"), CLOSED, ids=[path for path, _ in CLOSED])
def test_without_redis_nobody_tries_anything(no_redis, path, body):
    answer = post(path, **body)

    refused(answer, 503, "throttles_unavailable")
    assert int(answer["Retry-After"]) >= 1
    assert not Member.objects.exists()


def test_without_redis_whoever_has_a_token_goes_on(no_redis, member, client_of):
    pair = sessions.open_session(member=member, user_agent="")
    client = client_of(member)

    assert post("refresh", refresh=pair.refresh).status_code == 200
    assert client.get("/api/v1/me").status_code == 200
    assert client.post("/api/v1/auth/ws-ticket").status_code == 201
    assert client.post("/api/v1/auth/logout").status_code == 204


def test_switched_off_nothing_is_counted_and_redis_not_asked(no_redis, settings, member):
    settings.AUTH_THROTTLES = False

    assert wrong(member, 70) == [401] * 70
    assert log_in(member).status_code == 200
    assert {sign_up(number).status_code for number in range(25)} == {201}


def test_redis_learns_no_address(redis, member):
    wrong(member, 3)
    log_in(member)
    post("password-reset", email=member.email)
    sign_up(1)

    kept = b" ".join(redis.keys("malgil:auth:*"))

    assert kept
    for told in (member.email, HERE, "example"):
        assert told.encode() not in kept


def test_everything_that_is_kept_is_forgotten_some_day(redis, member):
    wrong(member, 8)
    log_in(make_member())
    sign_up(1)

    keys = redis.keys("malgil:auth:*")
    assert len(keys) >= 5
    assert all(redis.ttl(key) > 0 for key in keys)
