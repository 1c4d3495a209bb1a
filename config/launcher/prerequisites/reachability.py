"""Whether the servers that the environment names answer, said before anything depends on it."""

from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

from config.launcher.errors import LaunchError

_PATIENCE_SECONDS = 5


def check_database(url: str) -> None:
    """Raises LaunchError; its sentence never holds the password."""
    try:
        psycopg.connect(url, connect_timeout=_PATIENCE_SECONDS).close()
    except psycopg.ProgrammingError:
        # libpq quotes the part that it does not understand, which may be the password.
        raise LaunchError("DATABASE_URL is no URL: percent-encode special characters.") from None
    except psycopg.OperationalError as error:
        raise LaunchError(
            f"DATABASE_URL: PostgreSQL does not let us in at {_place(url)} "
            f"({_reason(str(error), url)}): start it, correct the variable, "
            "or unset it to use the built-in server."
        ) from None


def check_redis(url: str, *, variable: str) -> None:
    """Raises LaunchError; its sentence never holds the password."""
    # Here and not above: it takes longer to import than the rest of the launcher.
    import redis

    patience = {"socket_timeout": _PATIENCE_SECONDS, "socket_connect_timeout": _PATIENCE_SECONDS}
    try:
        with redis.Redis.from_url(url, **patience) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise LaunchError(
            f"{variable}: Redis does not let us in at {_place(url)} ({type(error).__name__}): "
            "start it, correct the variable, or unset it to use the built-in server."
        ) from None


def _place(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return host or dict(parse_qsl(parts.query)).get("host") or unquote(parts.path)


def _reason(message: str, url: str) -> str:
    first_line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    password = urlsplit(url).password or ""
    for secret in {password, unquote(password)} - {""}:
        first_line = first_line.replace(secret, "…")
    return first_line
