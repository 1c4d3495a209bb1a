"""The tree of a conversation: what is said on the way from its root to a prompt."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from api.errors import FieldError
from chat.models import Choice, Conversation, Prompt
from chat.states import ReplyStatus

Message = dict[str, str]  # role and content


@dataclass(frozen=True)
class Turn:
    """A prompt on a branch, and the choice that it follows (None at the root)."""

    prompt_id: UUID
    kind: str
    answer: str
    preceding: list[Message]
    role: str | None
    content: str | None


def choice_in(conversation: Conversation, choice_id: UUID) -> Choice:
    """A choice that a message may follow. Raises FieldError naming `after`."""
    choices = Choice.objects.exclude(reply__status=ReplyStatus.FAILED)
    choice = choices.filter(id=choice_id, reply__conversation=conversation).first()
    if choice is None:
        raise FieldError(field="after", detail="There is no such answer in this conversation.")
    return choice


def chars_until(choice: Choice) -> int:
    """How many characters of the branch are sent along with what follows the choice. One query."""
    rows = _rows(choice.reply.prompt, _NO_BOUND, None)
    longest: int = rows[-1][-1]
    return longest + len(choice.content)


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
    rows = _rows(prompt, max_chars, start)
    fitting = [_turn(*row[:6]) for row in rows if row[6] == 0 or row[7] <= max_chars]
    return fitting[::-1]


def _rows(prompt: Prompt, max_chars: int, start: UUID | None) -> list[Any]:
    """The columns of a Turn, its depth, and the characters from it to the end of the branch."""
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, {"prompt": prompt.id, "max": max_chars, "start": start})
        return list(cursor.fetchall())


def _turn(id: UUID, kind: str, answer: str, preceding: str, *follows: str | None) -> Turn:
    return Turn(id, kind, answer, json.loads(preceding), *follows)


_NO_BOUND = 2**62


# An intake's answer is sent with the intake, so only its choice counts here.
_CHARS_OF_PROMPT = """(
    CASE WHEN prompt.kind = 'message' THEN length(prompt.answer) ELSE 0 END
    + (SELECT coalesce(sum(length(said->>'content')), 0)
       FROM jsonb_array_elements(prompt.preceding) said)
)::bigint"""
# LIMIT: one look-up for each turn, also where a plan was made while the tables were small.
_PARENT = "SELECT reply_id, role, content FROM chat_choice WHERE id = prompt.parent_id LIMIT 1"
_TURNS = f"""
WITH RECURSIVE turn AS (
    SELECT prompt.id, kind, answer, preceding, parent.*, 0 AS depth, {_CHARS_OF_PROMPT} AS total
    FROM chat_prompt prompt LEFT JOIN LATERAL ({_PARENT}) parent ON true
    WHERE prompt.id = %(prompt)s
  UNION ALL
    SELECT prompt.id, prompt.kind, prompt.answer, prompt.preceding, parent.*, turn.depth + 1,
           turn.total + length(turn.content) + {_CHARS_OF_PROMPT}
    FROM turn
    CROSS JOIN LATERAL (
        SELECT prompt.* FROM chat_reply reply JOIN chat_prompt prompt ON prompt.id = reply.prompt_id
        WHERE reply.id = turn.reply_id LIMIT 1
    ) prompt
    LEFT JOIN LATERAL ({_PARENT}) parent ON true
    WHERE turn.total <= %(max)s AND turn.id IS DISTINCT FROM %(start)s::uuid
)
SELECT id, kind, answer, preceding, role, content, depth, total FROM turn ORDER BY depth
"""
