"""One live event: what changed for a member, as the JSON frame that every client gets."""

from typing import NamedTuple


class Event(NamedTuple):
    """`frame` is the JSON object that clients are sent, `kind` its `type`.

    The other fields order it among the events of its reply (chat/live/delivery_order); an event of
    no reply leaves them empty. A named tuple, since one is made for each event that is received.
    """

    member: str
    kind: str
    frame: str
    reply: str = ""
    attempt: int = 0
    seq: int = 0
    revision: int = 0
    terminal: bool = False
