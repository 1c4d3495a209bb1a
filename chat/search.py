"""Search over titles, answers and choices, by n-grams; see `Passage`.

What is looked for is plain text of any length, without wildcards.
"""

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Member

from .models import Conversation

MAX_CHARS = 200
# Runs of up to so many characters are in the index as they are. What holds a longer text has all
# of its runs, and is read to see whether they stand together.
_INDEXED_CHARS = 3
_WITH_ALL_RUNS = """
SELECT conversation_id FROM chat_passage
WHERE chat_grams(member_id, folded) @> chat_needles(%s, chat_folded(%s))
"""
_TOGETHER = "AND strpos(folded, chat_folded(%s)) > 0"


def containing(
    conversations: QuerySet[Conversation], *, member: Member, text: str
) -> QuerySet[Conversation]:
    """Those of the member's with the text in their title or in what was said, ignoring case."""
    if len(text) <= _INDEXED_CHARS:
        found = RawSQL(_WITH_ALL_RUNS, [member.id, text])
    else:
        found = RawSQL(_WITH_ALL_RUNS + _TOGETHER, [member.id, text, text])
    return conversations.filter(id__in=found)
