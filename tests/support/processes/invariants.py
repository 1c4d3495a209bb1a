"""What must be true of the tables once every reply has ended."""

from collections import Counter
from typing import Any

from .recorder import TERMINAL
from .stack import Stack


def check(stack: Stack, reply_ids: list[str] | None = None) -> Counter[str]:
    """All replies, or the given ones: each ended once, with its choices and its slot.

    Returns how many there are of each status, `accepted` in all, and their `rescues`.
    """
    rows = _rows(stack, reply_ids)
    for reply, status, refunded, _, asked, choices, slots in rows:
        assert status in TERMINAL, (reply, status)
        assert slots == (0 if refunded else 1), (reply, status, refunded, slots)
        whole = choices == asked if status == "completed" else choices <= asked
        assert whole, (reply, status, choices)
    orphans = (
        "SELECT count(*) FROM chat_quotaslot WHERE reply_id NOT IN (SELECT id FROM chat_reply)"
    )
    assert stack.rows(orphans) == [(0,)]
    counts = Counter(str(row[1]) for row in rows)
    return counts + Counter(accepted=len(rows), rescues=sum(row[3] for row in rows))


def check_one_each(stack: Stack, reply_ids: list[str]) -> None:
    """For replies each of which was asked for in a conversation of its own, however often."""
    doubled = stack.rows(
        "SELECT conversation_id, count(*) FROM chat_reply WHERE conversation_id IN"
        " (SELECT conversation_id FROM chat_reply WHERE id = ANY(%s))"
        " GROUP BY conversation_id HAVING count(*) > 1",
        reply_ids,
    )
    assert doubled == [], doubled


def slots(stack: Stack, member_id: str) -> int:
    """How many requests of its day a member has used, by the table."""
    statement = "SELECT count(*) FROM chat_quotaslot WHERE member_id = %s"
    return int(stack.rows(statement, member_id)[0][0])


def _rows(stack: Stack, reply_ids: list[str] | None) -> list[tuple[Any, ...]]:
    statement = (
        "SELECT r.id, r.status, r.refunded, r.rescues, coalesce(c.n, 1),"
        " (SELECT count(*) FROM chat_choice WHERE reply_id = r.id),"
        " (SELECT count(*) FROM chat_quotaslot WHERE reply_id = r.id)"
        " FROM chat_reply r JOIN chat_chatconfig c ON c.id = r.config_id"
    )
    if reply_ids is None:
        return stack.rows(statement)
    rows = stack.rows(f"{statement} WHERE r.id = ANY(%s)", reply_ids)
    assert len(rows) == len(reply_ids), f"{len(rows)} of {len(reply_ids)} replies are stored"
    return rows
