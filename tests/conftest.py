"""What most tests start from: members who are signed in, and a Redis with nothing in it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient
from support.people import make_member

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
def _no_midnight(settings) -> None:
    """Counts the daily limit where it is not about to reset, so that no test runs into that."""
    hour = datetime.now(ZoneInfo(settings.CHAT_QUOTA_TIMEZONE)).hour
    if hour in {23, 0}:
        settings.CHAT_QUOTA_TIMEZONE = "America/New_York"


@pytest.fixture(autouse=True)
def _in_the_tests_transaction(request, monkeypatch) -> None:
    """Views' database work runs in the thread whose transaction will be rolled back.

    Tests with `transaction=True` have none; there it runs where it does in production.
    """
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")):
        monkeypatch.setattr(threads, "run", _run_here)


async def _run_here(function, *args, **kwargs):
    return await sync_to_async(function)(*args, **kwargs)


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
