"""Search over titles, answers and choices, by n-grams; see `Passage`.

What is looked for is plain text of any length, without wildcards.
"""

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Member

from .models import Conversation

MAX_CHARS = 200
# Runs of up to so many characters are in the index as they are. What holds a longer text has all
# of its runs, and is read to see whether they stand together.
_INDEXED_CHARS = 3
# IS TRUE keeps the planner from turning these into joins. So the list is walked in its own order
# until a page is full: each row is looked up among those with the runs, which is cheap, and only
# then are texts read.
_HAS_THE_RUNS = """
(chat_conversation.id IN (
    SELECT conversation_id FROM chat_passage
    WHERE chat_grams(member_id, folded) @> chat_needles(%s, chat_folded(%s))
)) IS TRUE
"""
_HAS_THE_TEXT = """
AND (EXISTS (
    SELECT FROM chat_passage
    WHERE conversation_id = chat_conversation.id AND strpos(folded, chat_folded(%s)) > 0
)) IS TRUE
"""


def containing(
    conversations: QuerySet[Conversation], *, member: Member, text: str
) -> QuerySet[Conversation]:
    """Those of the member's with the text in their title or in what was said, ignoring case."""
    condition, given = _HAS_THE_RUNS, [member.id, text]
    if len(text) > _INDEXED_CHARS:
        condition, given = condition + _HAS_THE_TEXT, [*given, text]
    return conversations.filter(RawSQL(condition, given, output_field=BooleanField()))
