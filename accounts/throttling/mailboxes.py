"""How many mails a stranger can have sent to an address."""

from django.conf import settings

from . import counters
from .counters import Away, Rate
from .names import folded, key


def may_get(*, email: str, about: str) -> bool:
    """Whether it may get one more mail of a kind that anybody can ask for; counts it.

    Nobody is told of it: who asks once more has the mails of before.
    """
    if not settings.AUTH_THROTTLES:
        return True
    limit = Rate(key("mailbox", about, folded(email)), burst=5, every_seconds=720)
    try:
        return counters.take([limit]) == 0
    except Away:
        return True  # strangers were refused before
