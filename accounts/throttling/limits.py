"""The limits around signing up and in. Each `enter`s what it guards, or raises why not.

Without Redis nobody guesses passwords, signs up or has mails sent; whoever holds a token or a link,
which nobody guesses, goes on.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from accounts.members import CredentialsInvalid, PasswordWrong
from api.errors import DomainError

from . import counters, networks
from .counters import Away, Backoff, Limit, Rate
from .names import folded, key

# A network from which the member came in within that time is known.
KNOWN_SECONDS = 30 * 86_400


class TooManyAttempts(DomainError):
    detail = "Too many attempts. Wait a moment, then try again."

    def __init__(self, wait_seconds: float) -> None:
        super().__init__()
        self.retry_after = max(1, math.ceil(wait_seconds))


class ThrottlesUnavailable(DomainError):
    detail = "This is not possible for a moment. Try again."
    retry_after = 2


@dataclass(frozen=True)
class RateLimit:
    """What anybody may do, and how often from one network."""

    name: str
    burst: int
    every_seconds: float
    opens_without_redis: bool = False

    def enter(self, request: HttpRequest) -> None:
        """Raises TooManyAttempts and ThrottlesUnavailable."""
        if not settings.AUTH_THROTTLES:
            return
        try:
            _take([self.limit(networks.of(request))])
        except ThrottlesUnavailable:
            if not self.opens_without_redis:
                raise

    def limit(self, network: str) -> Rate:
        return Rate(key(self.name, network), self.burst, self.every_seconds)


# A school, but no crowd. Also how often one is told that an address is taken.
SIGNING_UP = RateLimit("signing-up", burst=100, every_seconds=30)
ASKING_FOR_MAIL = RateLimit("asking-for-mail", burst=20, every_seconds=60)
# Shows a token, a code or a link: only there to bound the work.
SHOWING_A_TOKEN = RateLimit("token", burst=300, every_seconds=0.2, opens_without_redis=True)


@contextmanager
def password_attempt(request: HttpRequest, *, email: str) -> Iterator[None]:
    """Around proving a password: a wrong one counts, and after a right one it was no attempt.

    Raises TooManyAttempts and ThrottlesUnavailable, before anything is hashed.
    """
    if not settings.AUTH_THROTTLES:
        yield
        return
    account, network = folded(email), networks.of(request)
    limits = _guesses(account, network)
    _take(limits)
    try:
        yield
    except (CredentialsInvalid, PasswordWrong):
        raise
    except Exception:
        _forgive(limits, account, network)
        raise
    _forgive(limits, account, network)


def remember_network(request: HttpRequest, *, email: str) -> None:
    """The owner came in another way, by a link: the network is known from now on."""
    if settings.AUTH_THROTTLES:
        account, network = folded(email), networks.of(request)
        _forgive([_here(account, network)], account, network)


def _guesses(account: str, network: str) -> list[Limit]:
    here = _here(account, network)
    if _is_known(account, network):
        # However much others guess, from here or at this account: the owner has been here before.
        return [here]
    return [
        here,
        # Whoever tries many accounts from one place, and one account from many.
        Rate(key("guesses-from", network), burst=60, every_seconds=10),
        Rate(key("guesses-at", account), burst=100, every_seconds=30),
    ]


def _here(account: str, network: str) -> Backoff:
    return Backoff(key("guesses", account, network), free=5, longest_seconds=900)


def _take(limits: list[Limit]) -> None:
    try:
        wait = counters.take(limits)
    except Away as error:
        raise ThrottlesUnavailable() from error
    if wait:
        raise TooManyAttempts(wait)


def _forgive(limits: list[Limit], account: str, network: str) -> None:
    with suppress(Away):
        counters.give_back(limits)
        counters.mark(key("known", account, network), seconds=KNOWN_SECONDS)


def _is_known(account: str, network: str) -> bool:
    try:
        return counters.is_marked(key("known", account, network))
    except Away:
        return False
