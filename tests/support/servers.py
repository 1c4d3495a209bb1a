"""Real PostgreSQL and Redis for the whole test session, in a folder that is thrown away.

A pytest plugin (`-p support.servers`), since Django's settings read the environment before any
conftest.py is loaded. They run from the first test that needs them.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

DATA_DIR = Path(tempfile.mkdtemp(prefix="malgil-test-"))
# Whatever is configured outside must not meet the tests.
for _name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "CHAT_MODELS", "OPENAI_BASE_URL"):
    os.environ.pop(_name, None)
os.environ |= {
    "DATA_DIR": str(DATA_DIR),
    "SECRET_KEY": "a-key-for-tests-that-protects-nothing",
    "CHAT_MODELS": "test-model,other-model,gpt-5-mini",
    "CHAT_DEFAULT_MODEL": "test-model",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--matrix", action="store_true", help="all cells of the crash matrix")
    parser.addoption("--results", help="a file to append the matrix's measurements to")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--matrix"):
        chosen = [item for item in items if not item.get_closest_marker("matrix")]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


@pytest.fixture(scope="session")
def embedded_servers():
    """Both servers; ended with the session."""
    from config.embedded.postgres import EmbeddedPostgres
    from config.embedded.redis import EmbeddedRedis

    with EmbeddedPostgres(DATA_DIR, durable=False) as postgres, EmbeddedRedis(DATA_DIR) as redis:
        yield postgres, redis


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
