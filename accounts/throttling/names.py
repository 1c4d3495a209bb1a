"""What counters are called: Redis learns neither addresses nor accounts."""

import unicodedata

from django.utils.crypto import salted_hmac

_PREFIX = "malgil:auth:"


def key(name: str, *who: str) -> str:
    # Keyed: a plain hash of an address is soon found by trying all addresses.
    digest = salted_hmac("accounts.throttling.names", "\0".join(who)).hexdigest()
    return f"{_PREFIX}{name}:{digest[:32]}"


def folded(email: str) -> str:
    """The same for all spellings that the database may take for one.

    Some others have the same, too, and share their attempts.
    """
    letters = unicodedata.normalize("NFKD", email).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
