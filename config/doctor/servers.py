"""Redis, the broker, and the mail server."""

from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings
from django.core import mail

from config import env, mail_settings
from config.launcher.errors import LaunchError
from config.launcher.prerequisites import reachability
from workers.engine import broker

from .findings import Finding, ok, problem, warning

_PATIENCE_SECONDS = 5


def examine() -> list[Finding]:
    return [*_redis(), *_broker(), *_mail()]


def _redis() -> Iterator[Finding]:
    try:
        reachability.check_redis(settings.REDIS_URL, variable="REDIS_URL")
    except LaunchError as error:
        says = "REDIS_URL is not set, and the built-in Redis does not run: start `make run`."
        yield problem("Redis", str(error) if env.text("REDIS_URL") else says)
        return
    patience = {"socket_timeout": _PATIENCE_SECONDS}
    with redis.Redis.from_url(settings.REDIS_URL, **patience) as client:
        try:
            about: dict[str, Any] = dict(client.info())
        except redis.RedisError as error:
            yield warning("Redis", f"It answers, but not INFO ({type(error).__name__}).")
            return
    # Valkey also gives the version of Redis that it answers like.
    valkey = about.get("valkey_version")
    what = f"Valkey {valkey}" if valkey else f"Redis {about.get('redis_version', '?')}"
    yield ok("Redis", f"{what} answers.")
    yield from judge_redis(about)


def judge_redis(about: dict[str, Any]) -> Iterator[Finding]:
    """`about`: what INFO says."""
    policy = about.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield problem(
            "Redis",
            f"Its maxmemory-policy is {policy}: when memory is full it throws messages away."
            " Set it to noeviction.",
        )
    if about.get("role") == "slave":
        yield problem("Redis", "It is a replica, which takes no writes: name its master.")
    if not about.get("aof_enabled"):
        yield warning(
            "Redis",
            "Its append-only file is off: nothing is lost by that, but after a restart of Redis"
            " replies that wait are found a few seconds later. Set appendonly to yes.",
        )
    for part in ("aof_last_write_status", "rdb_last_bgsave_status"):
        if about.get(part, "ok") != "ok":
            yield problem("Redis", f"{part} is {about[part]}: is its disk full?")


def _broker() -> Iterator[Finding]:
    if why := broker.why_not(timeout_seconds=_PATIENCE_SECONDS):
        yield problem(
            "broker",
            f"The Celery broker {why}. Start it, or correct CELERY_BROKER_URL; meanwhile workers"
            " find each reply in the table.",
        )
    else:
        yield ok("broker", "The Celery broker answers.")


def _mail() -> Iterator[Finding]:
    if not env.text("EMAIL_URL"):
        required = settings.EMAIL_VERIFICATION_REQUIRED
        folder = mail_settings.folder(settings.DATA_DIR)
        says = f"No EMAIL_URL is set: mails become files in {folder}."
        more = " Nobody can sign up, since EMAIL_VERIFICATION is required." if required else ""
        yield warning("mail", says + more)
        return
    connection = mail.get_connection(fail_silently=False)
    try:
        connection.open()
    except OSError as error:  # smtplib's are, too
        yield problem("mail", f"EMAIL_URL: the mail server does not take us ({_plain(error)}).")
    else:
        connection.close()
        yield ok("mail", f"The mail server {settings.EMAIL_HOST} takes us.")


def _plain(error: OSError) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
