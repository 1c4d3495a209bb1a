"""What most tests start from: members who are signed in, and a Redis with nothing in it."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient
from rest_framework.views import APIView
from support import declared_problems
from support.people import make_member
from support.shared_connection import lent_to_the_pool

from api import threads


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_servers) -> None:
    """pytest-django's hook: before it makes the test database, there must be a server.

    Here and not in servers.py, since a plugin's fixture does not override another plugin's.
    """


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """It goes with its server; to drop it, every shared thread would have to hang up first."""
    return True


@pytest.fixture(autouse=True)
def _fast_passwords(settings) -> None:
    """Argon2 takes its time on purpose; tests of passwords set it again."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_throttles(settings) -> None:
    """All tests come from one address; those of the throttles switch them on."""
    settings.AUTH_THROTTLES = False


@pytest.fixture(autouse=True)
def _problems_are_declared(monkeypatch) -> None:
    """A view that answers with an error which it does not declare fails its test."""
    handler = declared_problems.exception_handler
    monkeypatch.setattr(APIView, "get_exception_handler", lambda view: handler)


@pytest.fixture(autouse=True)
def _no_midnight(settings) -> None:
    """Counts the daily limit where it is not about to reset, so that no test runs into that."""
    hour = datetime.now(ZoneInfo(settings.CHAT_QUOTA_TIMEZONE)).hour
    if hour in {23, 0}:
        settings.CHAT_QUOTA_TIMEZONE = "America/New_York"


@pytest.fixture(autouse=True)
def _pool_shares_the_tests_connection(request, monkeypatch) -> Iterator[None]:
    """The threads of `api.threads` see what a test has written and not committed.

    They do a view's database work as in production, over the connection whose transaction is
    rolled back after the test. Tests with `transaction=True` commit; there each thread has its own.
    """
    if not _is_rolled_back(request):
        if not _uses_the_database(request):
            # Another test's connections are on the shared threads, and may not be looked at here.
            monkeypatch.setattr(threads, "close_old_connections", lambda: None)
        yield
        return
    request.getfixturevalue("db")
    with lent_to_the_pool(monkeypatch):
        yield


def _uses_the_database(request) -> bool:
    fixtures = {"db", "transactional_db", "django_db_setup"}
    return bool(
        request.node.get_closest_marker("django_db") or fixtures.intersection(request.fixturenames)
    )


def _is_rolled_back(request) -> bool:
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        return False
    return bool(marker) or "db" in request.fixturenames


@pytest.fixture
def redis(embedded_servers):
    """An empty Redis."""
    import redis as library
    from django.conf import settings

    client = library.Redis.from_url(settings.REDIS_URL)
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def member(db):
    return make_member()


@pytest.fixture
def client_of(db):
    """Signs a member in: `client_of(member)` is an APIClient with a Bearer token."""
    from accounts.credentials import sessions

    def sign_in(member) -> APIClient:
        pair = sessions.open_session(member=member, user_agent="pytest")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        return client

    return sign_in


@pytest.fixture
def api(member, client_of) -> APIClient:
    """The API as `member` uses it."""
    return client_of(member)
