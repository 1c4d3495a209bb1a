"""What an accept writes: in one statement, so all of it or nothing.

First the conversation's row is held, if it still is the version that was found; then the slot of
the daily limit is taken; the rest comes only with both.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from api import prepared
from chat.limits import daily_limit
from chat.limits.daily_limit import Slot
from chat.models import ChatConfig, Prompt, Reply

from .accept_state import Standing


@dataclass(frozen=True)
class Stored:
    """`in_place`: nothing has changed since it was found. `counted`: the slot was free.

    Without one of them nothing was stored.
    """

    in_place: bool
    counted: bool


def store(*, standing: Standing, reply: Reply, slot: Slot | None) -> Stored:
    """The reply, its prompt and config where they are new, and the conversation as touched.

    Needs a transaction. A reply without a slot does not count. A conversation that is new has to be
    stored before. Raises IntegrityError for a key that was used meanwhile.
    """
    new_config, new_prompt = reply.config._state.adding, reply.prompt._state.adding
    given = _of_reply(reply) | {"version": standing.version}
    if slot is not None:
        limit = daily_limit.limit_of(reply.member)
        given |= {"day": slot.day, "slot": slot.number, "limit": limit}
    if new_config:
        given |= _of_config(reply.config)
    if new_prompt:
        given |= _of_prompt(reply.prompt)
    statement = _statement(
        placed=standing.version is not None,
        counted=slot is not None,
        new_config=new_config,
        new_prompt=new_prompt,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        stored = Stored(*cursor.fetchone())
    if stored.in_place and stored.counted:
        prepared.mark_stored(reply.config, reply.prompt, reply)
    return stored


@lru_cache
def _statement(*, placed: bool, counted: bool, new_config: bool, new_prompt: bool) -> str:
    steps = {
        "place": _PLACE if placed else "SELECT",
        "slot": daily_limit.TAKE if counted else "SELECT FROM place",
        "config": _CONFIG if new_config else "",
        "prompt": _PROMPT if new_prompt else "",
        "reply": _REPLY,
        "touched": _TOUCHED,
    }
    written = ", ".join(f"{name} AS ({step})" for name, step in steps.items() if step)
    return f"WITH {written} SELECT EXISTS (SELECT FROM place), EXISTS (SELECT FROM slot)"


# Two that found the same version: the second waits here for the first, and then finds another.
_PLACE = (
    "SELECT FROM chat_conversation WHERE id = %(conversation)s AND xmin::text = %(version)s"
    " FOR NO KEY UPDATE"
)
_CONFIG = (
    "INSERT INTO chat_chatconfig (id, conversation_id, model, temperature, stream, max_tokens, n,"
    " system, system_role, created_at)"
    " SELECT %(config)s, %(conversation)s, %(model)s, %(temperature)s, %(stream)s, %(max_tokens)s,"
    " %(n)s, %(system)s, %(system_role)s, %(config_at)s FROM slot"
)
_PROMPT = (
    "INSERT INTO chat_prompt (id, conversation_id, kind, prompt, answer, preceding, position,"
    " parent_id, created_at)"
    " SELECT %(prompt)s, %(conversation)s, %(kind)s, %(question)s, %(answer)s, %(preceding)s,"
    " %(position)s, %(parent)s, %(prompt_at)s FROM slot"
)
# What is not named is null.
_REPLY = (
    "INSERT INTO chat_reply (id, member_id, conversation_id, config_id, prompt_id, status, wake_at,"
    " idempotency_key, body_hash, request_extra, created_at, revision, attempt, failures, rescues,"
    " last_seq, extra, error_retryable, refunded)"
    " SELECT %(reply)s, %(member)s, %(conversation)s, %(config)s, %(prompt)s, %(status)s,"
    " %(wake_at)s, %(key)s, %(body_hash)s, %(request_extra)s, %(now)s, 1, 0, 0, 0, 0, '{}', false,"
    " false FROM slot"
)
_TOUCHED = (
    "UPDATE chat_conversation SET updated_at = %(now)s, active_at = %(now)s, title = %(title)s"
    " FROM slot WHERE id = %(conversation)s"
)


def _of_reply(reply: Reply) -> dict[str, Any]:
    return {
        "reply": reply.id,
        "member": reply.member_id,
        "conversation": reply.conversation_id,
        "config": reply.config_id,
        "prompt": reply.prompt_id,
        "status": reply.status,
        "wake_at": reply.wake_at,
        "key": reply.idempotency_key,
        "body_hash": reply.body_hash,
        "request_extra": Jsonb(reply.request_extra),
        "now": reply.created_at,
        "title": reply.conversation.title,
    }


def _of_config(config: ChatConfig) -> dict[str, Any]:
    return {
        "model": config.model,
        "temperature": config.temperature,
        "stream": config.stream,
        "max_tokens": config.max_tokens,
        "n": config.n,
        "system": config.system,
        "system_role": config.system_role,
        "config_at": config.created_at,
    }


def _of_prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "kind": prompt.kind,
        "question": prompt.prompt,
        "answer": prompt.answer,
        "preceding": Jsonb(prompt.preceding),
        "position": prompt.position,
        "parent": prompt.parent_id,
        "prompt_at": prompt.created_at,
    }
