"""What the environment asks of `make run`, read and checked before anything is started."""

import importlib
import os
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from config import env, mail_settings


@dataclass(frozen=True, kw_only=True)
class Options:
    """`None` for a URL means: the embedded server."""

    host: str
    port: int
    data_dir: Path
    database_url: str | None
    redis_url: str | None
    broker_url: str | None
    secret_key: str | None
    demo_model: bool
    web_processes: int
    worker_processes: int
    worker_concurrency: int
    worker_drain_seconds: float
    worker_metrics_port: int  # 0: none
    web_stop_seconds: float  # in all, with what it works on for a proxy
    mail_dir: Path | None  # where mails become files; None where a mail server takes them
    auth_throttles: bool


def load_dotenv(file: Path) -> None:
    """Adds the variables of a `.env` file to the environment, which wins over the file."""
    for name, value in dotenv_values(file).items():
        os.environ.setdefault(name, value or "")


def read() -> Options:
    """Raises config.env.BadSetting, whose one sentence names the variable."""
    data_dir = env.data_dir()
    options = Options(
        host=env.text("HOST", "127.0.0.1"),
        port=env.whole("PORT", 8000, least=0, most=65535),
        data_dir=data_dir,
        database_url=_database_url(),
        redis_url=_redis_url(),
        broker_url=env.text("CELERY_BROKER_URL") or None,
        secret_key=env.text("SECRET_KEY") or None,
        demo_model=not env.text("OPENAI_API_KEY") and not env.text("OPENAI_BASE_URL"),
        web_processes=env.whole("WEB_PROCESSES", 1, most=64),
        worker_processes=env.whole("WORKER_PROCESSES", 1, most=64),
        worker_concurrency=env.whole("WORKER_CONCURRENCY", 1000),
        worker_drain_seconds=env.seconds("WORKER_DRAIN_SECONDS", 30),
        worker_metrics_port=env.whole("WORKER_METRICS_PORT", 0, least=0, most=65535),
        web_stop_seconds=(env.seconds("WEB_DRAIN_SECONDS", 0) + env.whole("WEB_STOP_SECONDS", 5)),
        mail_dir=_mail_dir(data_dir),
        auth_throttles=env.switch("AUTH_THROTTLES", default=True),
    )
    _read_the_others()
    return options


def _read_the_others() -> None:
    """What only our programs read, so that they need not start to refuse it."""
    given = os.environ.get("SECRET_KEY")
    # Made later where there is none; nothing is signed with this one.
    os.environ["SECRET_KEY"] = env.text("SECRET_KEY") or "only-to-read-the-other-variables-with"
    try:
        importlib.import_module("config.settings")
    finally:
        os.environ.pop("SECRET_KEY") if given is None else os.environ.update(SECRET_KEY=given)


def _database_url() -> str | None:
    given = env.text("DATABASE_URL")
    if given:
        env.database(given)
    return given or None


def _mail_dir(data_dir: Path) -> Path | None:
    mail_settings.read(data_dir)
    return None if env.text("EMAIL_URL") else mail_settings.folder(data_dir)


def _redis_url() -> str | None:
    given = env.text("REDIS_URL")
    return env.url("REDIS_URL", "", ("redis", "rediss", "unix")) if given else None
