"""Walking the tree of a conversation."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from api.errors import FieldError

from .models import Choice, Conversation, Prompt
from .states import ReplyStatus


@dataclass(frozen=True)
class Turn:
    """A prompt on a branch, and the choice that it follows (None at the root)."""

    prompt_id: UUID
    kind: str
    answer: str
    role: str | None
    content: str | None


def tip(conversation: Conversation) -> Choice | None:
    """Where the next message hangs when it does not say: the last choice with text of the branch.

    That is the latest answer to the prompt that was last replied to or, where none has text, the
    choice which that prompt follows. Two queries.
    """
    latest = (
        conversation.replies.order_by("-created_at", "-id").select_related("prompt__parent").first()
    )
    if latest is None:
        return None
    answered = (
        Choice.objects.filter(reply__prompt=latest.prompt)
        .exclude(content="")
        .exclude(reply__status=ReplyStatus.FAILED)
        .order_by("-reply__created_at", "-reply_id", "index")
        .first()
    )
    return answered or latest.prompt.parent


def choice_in(conversation: Conversation, choice_id: UUID) -> Choice:
    """A choice that a message may follow. Raises FieldError naming `after`."""
    choices = Choice.objects.exclude(reply__status=ReplyStatus.FAILED)
    choice = choices.filter(id=choice_id, reply__conversation=conversation).first()
    if choice is None:
        raise FieldError(field="after", detail="There is no such answer in this conversation.")
    return choice


def turns_from(*, prompt: Prompt, start: UUID | None) -> list[Turn]:
    """The branch that ends in `prompt`, oldest first, from `start` on (None: the root)."""
    return _turns(prompt, _NO_BOUND, start)


def turns_within(*, prompt: Prompt, max_chars: int) -> list[Turn]:
    """The branch that ends in `prompt`, oldest first.

    Turns count by their characters; those that no longer fit into `max_chars` are left out, but
    never the last. Where any was, the first of the list follows a choice. One query, which reads
    no further back than what fits.
    """
    return _turns(prompt, max_chars, None)


def _turns(prompt: Prompt, max_chars: int, start: UUID | None) -> list[Turn]:
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, {"prompt": prompt.id, "max": max_chars, "start": start})
        rows = cursor.fetchall()
    fitting = [Turn(*row[:5]) for row in rows if row[5] == 0 or row[6] <= max_chars]
    return fitting[::-1]


_NO_BOUND = 2**62


# An intake's answer is sent with the intake, so only its choice counts here.
_TURNS = """
WITH RECURSIVE turn AS (
    SELECT id, kind, answer, parent_id, 0 AS depth, length(answer)::bigint AS total
    FROM chat_prompt WHERE id = %(prompt)s
  UNION ALL
    SELECT prompt.id, prompt.kind, prompt.answer, prompt.parent_id, turn.depth + 1,
           turn.total + length(choice.content)
             + CASE WHEN prompt.kind = 'message' THEN length(prompt.answer) ELSE 0 END
    FROM turn
    JOIN chat_choice choice ON choice.id = turn.parent_id
    JOIN chat_reply reply ON reply.id = choice.reply_id
    JOIN chat_prompt prompt ON prompt.id = reply.prompt_id
    WHERE turn.total <= %(max)s AND turn.id IS DISTINCT FROM %(start)s::uuid
)
SELECT turn.id, turn.kind, turn.answer, choice.role, choice.content, turn.depth, turn.total
FROM turn LEFT JOIN chat_choice choice ON choice.id = turn.parent_id
ORDER BY turn.depth
"""
