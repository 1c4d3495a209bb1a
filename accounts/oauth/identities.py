"""Who somebody is, as a provider tells it, brought into a form that we can keep."""

import re
from dataclasses import dataclass
from typing import Any

from api.text import storable

NICKNAME_MAX_CHARS = 50
# Names travel into mail headers and log lines one day.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Identity:
    """`email` is the provider's best, verified or not; `verified` holds all that it vouches for.

    `uid` is unique within `realm`.
    """

    realm: str
    uid: str
    nickname: str
    email: str | None
    verified: list[str]

    @property
    def email_is_verified(self) -> bool:
        return self.email in self.verified


def of(login: Any, *, realm: str) -> Identity:
    """From allauth's SocialLogin: its addresses are valid and lower-case, the primary one first.

    Raises ValueError for an id that cannot be stored.
    """
    if storable(login.account.uid) != login.account.uid:
        raise ValueError("The id cannot be stored.")
    verified = [one.email for one in login.email_addresses if _vouched_for(one.verified)]
    others = [one.email for one in login.email_addresses]
    return Identity(
        realm=realm,
        uid=login.account.uid,
        nickname=nickname_of(login.user.nickname),
        email=next(iter([*verified, *others]), None),
        verified=verified,
    )


def nickname_of(name: object) -> str:
    """On one line, storable, cut to what a member's may have; empty when nothing is left."""
    given = _BREAKS.sub(" ", name) if isinstance(name, str) else ""
    return storable(given).strip()[:NICKNAME_MAX_CHARS].strip()


def _vouched_for(verified: object) -> bool:
    # The text "false" is true to Python; the text "true" is what some providers send.
    return verified is True or verified == "true"
