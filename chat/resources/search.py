"""Search over titles, answers and choices, by n-grams; see `Passage`.

What is looked for is plain text of any length, without wildcards.
"""

from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Member
from chat.models import Conversation

MAX_CHARS = 200
# What more passages may hold is common: a page of it is found sooner by reading from the top of
# the list. Reading so many takes about 10 ms.
_COMMON = 5000
# OFFSET 0 keeps the planner from reading all passages at once instead of those of one row.
_HOLDS = """
EXISTS (
    SELECT FROM chat_passage
    WHERE conversation_id = chat_conversation.id AND strpos(folded, chat_folded(%s)) > 0
    OFFSET 0
)
"""


def containing(
    conversations: QuerySet[Conversation], *, member: Member, text: str
) -> QuerySet[Conversation]:
    """Those of the member's with the text in their title or in what was said, ignoring case.

    One query now, for what the index knows.
    """
    found = _found(member, text)
    if found is None:
        condition = RawSQL(_HOLDS, [text], output_field=BooleanField())
    else:
        condition = RawSQL("chat_conversation.id = ANY (%s)", [found], output_field=BooleanField())
    return conversations.filter(condition)


def _found(member: Member, text: str) -> list[UUID] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_conversations_with(%s, %s, %s)", [member.id, text, _COMMON])
        found: list[UUID] | None = cursor.fetchone()[0]
    return found
