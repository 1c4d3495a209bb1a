"""Settings that are each right, and together hardly meant so."""

from collections.abc import Iterator

from django.conf import settings

from .findings import Finding, ok, warning

_OF_THIS_MACHINE = {"localhost", "127.0.0.1", "[::1]"}


def examine() -> list[Finding]:
    found = [*_names(), *_https(), *_safety(), *_timings()]
    return found or [ok("settings", "Every variable is readable, and they fit together.")]


def _names() -> Iterator[Finding]:
    public = set(settings.ALLOWED_HOSTS) - _OF_THIS_MACHINE
    if "*" in public:
        yield warning("ALLOWED_HOSTS", "It holds *: name the hosts that this server is called by.")
    if public and not settings.HTTPS:
        yield warning(
            "HTTPS",
            "ALLOWED_HOSTS names a public host, and HTTPS is off: passwords and tokens travel"
            " readable unless a proxy speaks HTTPS. Then set HTTPS=on.",
        )
    if settings.HTTPS and not public:
        yield warning("ALLOWED_HOSTS", "HTTPS is on, but only this machine's names are answered.")


def _https() -> Iterator[Finding]:
    plain = [origin for origin in settings.FRONTEND_ORIGINS if origin.startswith("http://")]
    if settings.HTTPS and plain:
        yield warning("FRONTEND_ORIGINS", f"HTTPS is on, but {plain[0]} is not HTTPS.")
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield warning(
            "TRUSTED_PROXIES",
            "HTTPS is on, so a proxy is in front, and none is trusted: all clients share one limit"
            " of attempts. Name the proxy's network.",
        )


def _safety() -> Iterator[Finding]:
    if not settings.AUTH_THROTTLES:
        yield warning("AUTH_THROTTLES", "It is off: passwords may be guessed without end.")


def _timings() -> Iterator[Finding]:
    if settings.WORKER_LEASE_SECONDS < 3 * settings.WORKER_TICK_SECONDS:
        yield warning(
            "WORKER_LEASE_SECONDS",
            "It is less than three times WORKER_TICK_SECONDS: a worker that is busy for a moment"
            " is taken for dead. Five times is usual.",
        )
    if settings.MODEL_STALL_SECONDS >= settings.MODEL_DEADLINE_SECONDS:
        yield warning(
            "MODEL_STALL_SECONDS",
            "It is not below MODEL_DEADLINE_SECONDS: a silent model is never tried again.",
        )
