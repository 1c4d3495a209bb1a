"""What a webhook's URL may be. Where its name leads is looked at with each connection."""

import re

from yarl import URL

from api.errors import FieldError

from . import addresses

MAX_CHARS = 2000
SCHEMES = ("http", "https")
# What parsers of URLs disagree about.
_ODD = re.compile(r"[\s\\\x00-\x20\x7f]")
_CREDENTIALS = re.compile(r"[^/?#]*//[^/?#]*@")


class TargetRefused(FieldError):
    def __init__(self, why: str) -> None:
        super().__init__(field="url", detail=why)


def check(text: str) -> None:
    """Raises TargetRefused."""
    url = _parsed(text)
    if url.scheme not in SCHEMES or not url.raw_host:
        raise TargetRefused("Give a whole URL that begins with https:// or http://.")
    if _CREDENTIALS.match(text):
        raise TargetRefused("Give a URL without a user and a password.")
    if not url.port:
        raise TargetRefused("Give a port from 1 to 65535.")
    if _is_inner(url.raw_host.rstrip(".").lower()):
        raise TargetRefused("Give an address that can be reached from the Internet.")


def _parsed(text: str) -> URL:
    if _ODD.search(text):
        raise TargetRefused("Give a URL without spaces, backslashes and control characters.")
    try:
        return URL(text)
    except (ValueError, TypeError) as error:
        raise TargetRefused("This is not a URL.") from error


def _is_inner(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761
        host = "127.0.0.1"
    address = addresses.literal(host)
    return address is not None and not addresses.may_be_reached(address)
