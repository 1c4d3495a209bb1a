"""The environment, read in one place and checked at start.

A bad value stops the process with one sentence that names the variable. `.env.example` lists every
variable that is read here; a test compares.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url

_KEY_CHARS = 32
# The column that keeps it (chat.ChatConfig).
_MODEL_CHARS = 200
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*|\[[0-9A-Fa-f:.]+\]")
_SENDER = re.compile(r"(?:[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)")


class BadSetting(SystemExit):
    """Ends the process; the message goes to standard error and the exit code is 1."""


def refuse(name: str, why: str) -> NoReturn:
    raise BadSetting(f"{name} is not usable: {why}")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def names(name: str) -> list[str]:
    """A comma-separated list; empty when unset."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def data_dir() -> Path:
    """DATA_DIR; what is not there yet, `make run` makes."""
    found = Path(text("DATA_DIR", ".local")).resolve()
    if found.exists() and not found.is_dir():
        refuse("DATA_DIR", f"{found} is no folder.")
    return found


def hosts(name: str) -> list[str]:
    """A comma-separated list of host names as Django takes them, without scheme and port."""
    given = names(name)
    for host in given:
        if not _HOST.fullmatch(host):
            refuse(name, f"give host names such as chat.example.com, not {host!r}.")
    return given


def secret(name: str) -> str:
    """What is sent in a header."""
    given = text(name)
    if not (given.isascii() and given.isprintable() and " " not in given):
        refuse(name, "it holds what no key holds: a space, or a letter that is not ASCII.")
    return given


def models(name: str) -> list[str]:
    """A comma-separated list of models' names; empty when unset."""
    given = names(name)
    if any(len(model) > _MODEL_CHARS or not model.isprintable() for model in given):
        refuse(name, f"give names of at most {_MODEL_CHARS} characters, separated by commas.")
    return given


def model(name: str) -> str:
    """One of them; empty when unset."""
    given = models(name)
    if len(given) > 1:
        refuse(name, "give one name.")
    return given[0] if given else ""


def origins(name: str) -> list[str]:
    """A comma-separated list of origins as browsers send them (RFC 6454, section 6.1)."""
    given = names(name)
    for origin in given:
        if not _ORIGIN.fullmatch(origin):
            refuse(name, f"give origins such as https://chat.example.com, not {origin!r}.")
    return given


def whole(name: str, default: int, *, least: int = 1, most: int = 1_000_000_000) -> int:
    given = text(name, str(default))
    # Bounded before it is read: Python refuses to read a number of thousands of digits.
    plain = given.isascii() and given.isdigit() and len(given) <= len(str(most))
    if not (plain and least <= int(given) <= most):
        refuse(name, f"give a whole number from {least} to {most}, not {given!r}.")
    return int(given)


def seconds(name: str, default: float, *, least: float = 0.0) -> float:
    given = text(name, str(default))
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    if not least <= value < float("inf"):
        refuse(name, f"give a number of seconds of at least {least:g}, not {given!r}.")
    return value


def schedule(name: str, default: str) -> list[float]:
    """Pauses in seconds, comma-separated."""
    given = text(name, default).split(",")
    try:
        pauses = [float(part) for part in given]
    except ValueError:
        pauses = [float("nan")]
    if not all(0 <= pause < float("inf") for pause in pauses):
        refuse(name, f"give numbers of seconds such as 5,300,1800, not {','.join(given)!r}.")
    return pauses


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list; empty when unset."""
    try:
        return [ip_network(part) for part in names(name)]
    except ValueError as error:
        refuse(name, f"give networks such as 10.1.0.0/16 or fd00::/8: {error}.")


def switch(name: str, *, default: bool) -> bool:
    given = text(name, "on" if default else "off").lower()
    if given not in {"on", "off", "true", "false", "1", "0", "yes", "no"}:
        refuse(name, f"give on or off, not {given!r}.")
    return given in {"on", "true", "1", "yes"}


def zone(name: str, default: str) -> str:
    given = text(name, default)
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse(name, f"{given!r} is no IANA time zone such as Asia/Seoul.")
    return given


def database(default: str) -> dict[str, object]:
    """DATABASE_URL as Django's settings; libpq options such as `?host=` are kept."""
    given = text("DATABASE_URL", default)
    if not given.startswith(("postgres://", "postgresql://")):
        refuse("DATABASE_URL", "give postgresql://user:password@host:port/name.")
    try:
        read = dict(dj_database_url.parse(given))
    except (dj_database_url.ParseError, ValueError):
        refuse("DATABASE_URL", "give postgresql://user:password@host:port/name.")
    if not read["NAME"]:
        refuse("DATABASE_URL", "it names no database: postgresql://user:password@host:port/name.")
    return read


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    given = text(name, default)
    if not given.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        refuse(name, f"it must start with one of {', '.join(f'{s}://' for s in schemes)}.")
    try:
        parts = urlsplit(given)
        parts.port  # noqa: B018  # raises where it is none
    except ValueError:
        refuse(name, "its host or port cannot be read; percent-encode special characters.")
    if parts.scheme in ("http", "https") and not parts.hostname:
        refuse(name, "it names no host.")
    if any(letter.isspace() for letter in given):
        refuse(name, "it holds a space.")
    return given


def redis(name: str, default: str) -> str:
    """A Redis as redis-py takes it, options and all."""
    given = url(name, default, ("redis", "rediss", "unix"))
    # Here, because the launcher does without it: it takes longer to import than the rest.
    from redis.connection import parse_url

    try:
        parse_url(given)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        refuse(name, "its options cannot be read; give redis://user:password@host:port/0.")
    return given


def address(name: str) -> str:
    """The base of an HTTP server's addresses, without a slash at the end; empty when unset."""
    given = text(name)
    return url(name, given, ("http", "https")).rstrip("/") if given else ""


def shared_folder(name: str) -> Path | None:
    """A folder that is there. Empty counts as unset, also for a library that reads it by itself."""
    given = text(name)
    if not given:
        os.environ.pop(name, None)
        return None
    if not Path(given).is_dir():
        refuse(name, f"there is no folder {given!r}.")
    return Path(given)


def choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    given = text(name, default).lower()
    if given not in among:
        refuse(name, f"give one of {', '.join(among)}, not {given!r}.")
    return given


def sender(name: str, default: str) -> str:
    """An address, with or without a name before it, as it stands in a mail's From."""
    given = text(name, default)
    if not _SENDER.fullmatch(given):
        refuse(name, f"give an address such as Malgil <hello@example.com>, not {given!r}.")
    return given


def client_url(allowed_hosts: list[str]) -> str:
    """CLIENT_URL, which must be set where this server would answer to any name: a link in a mail
    must not lead where the Host of a request says."""
    given = address("CLIENT_URL")
    if not given and any(host == "*" or host.startswith(".") for host in allowed_hosts):
        refuse("CLIENT_URL", "set it, since ALLOWED_HOSTS holds a wildcard: mails link there.")
    return given


def oauth_client(
    provider: str, *, client_id: str, client_secret: str, **more: str
) -> dict[str, str] | None:
    """A provider's settings; None when it is off. One that is half set is a mistake."""
    needed = {"CLIENT_ID": client_id, "CLIENT_SECRET": client_secret}
    if provider == "oidc":
        needed["ISSUER"] = more["issuer"]
    names = {f"OAUTH_{provider.upper()}_{part}": value for part, value in needed.items()}
    missing = [name for name, value in names.items() if not value]
    if len(missing) == len(names):
        return None
    if missing:
        given = next(name for name, value in names.items() if value)
        refuse(missing[0], f"it is not set, but {given} is: set all that belongs together.")
    return {"client_id": client_id, "client_secret": client_secret, **more}


def former_keys(name: str) -> list[str]:
    """A comma-separated list of what SECRET_KEY was before."""
    given = names(name)
    if any(len(key) < _KEY_CHARS for key in given):
        refuse(name, f"give keys of at least {_KEY_CHARS} characters, separated by commas.")
    return given


def secret_key(data_dir: Path) -> str:
    """SECRET_KEY, or the key that `make run` made once in DATA_DIR."""
    given = text("SECRET_KEY")
    if given:
        if len(given) < _KEY_CHARS:
            refuse("SECRET_KEY", f"give at least {_KEY_CHARS} characters.")
        return given
    kept = data_dir / "secret_key"
    if kept.is_file():
        return kept.read_text().strip()
    refuse("SECRET_KEY", "it is not set, and no `make run` has made one in DATA_DIR yet.")
