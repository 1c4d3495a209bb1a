"""The application with another Redis, or none."""

import pytest

from api.redis import Link, link


@pytest.fixture
def redis_at(monkeypatch):
    """Lets the application look for Redis somewhere else."""

    def point(url):
        elsewhere = Link(url=url, timeout_seconds=0.3)
        monkeypatch.setattr(link, "_client", elsewhere._client)
        monkeypatch.setattr(link, "_closed_until", 0.0)

    return point


@pytest.fixture
def no_redis(redis_at, tmp_path):
    redis_at(f"unix://{tmp_path}/nobody-listens.sock")
