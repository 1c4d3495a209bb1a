"""The resources as plain objects: what chat/rest/schema.py says.

Django REST framework takes ten times as long for the same. A test compares the two, byte for byte.
"""

from datetime import UTC
from typing import Any

from chat.limits import queue
from chat.limits.daily_limit import Quota
from chat.models import ChatConfig, Choice, Conversation, Reply
from chat.states import ReplyStatus

_WITH_ERROR = (ReplyStatus.FAILED, ReplyStatus.CANCELLED)


def reply(row: Reply) -> dict[str, Any]:
    """Expects what ReplySerializer does; one query while it waits for a worker."""
    return {
        "id": row.id,
        "conversation": row.conversation_id,
        "prompt": row.prompt_id,
        "status": row.status,
        "attempt": row.attempt,
        "queue_position": queue.position(row),
        "retry_at": row.retry_at,
        "config": _config(row.config),
        "choices": [_choice(choice) for choice in row.choices.all()],
        "usage": _usage(row),
        "error": _error(row) if row.status in _WITH_ERROR else None,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def summary(row: Conversation) -> dict[str, Any]:
    """Expects what SummarySerializer does."""
    return {
        "id": row.id,
        "title": row.title,
        "config": _config(row.config),
        "pinned": row.pinned,
        "archived": row.archived,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "last_reply": row.last_reply,  # type: ignore[attr-defined]  # annotated
    }


def quota(state: Quota) -> dict[str, Any]:
    return {
        "limit": state.limit,
        "used": state.used,
        "remaining": state.remaining,
        "resets_at": state.resets_at.astimezone(UTC),
    }


def _config(row: ChatConfig) -> dict[str, Any]:
    return {
        "model": row.model,
        "temperature": row.temperature,
        "stream": row.stream,
        "max_tokens": row.max_tokens,
        "n": row.n,
        "system": row.system,
    }


def _choice(row: Choice) -> dict[str, Any]:
    return {
        "id": row.id,
        "index": row.index,
        "role": row.role,
        "content": row.content,
        "finish_reason": row.finish_reason,
    }


def _usage(row: Reply) -> dict[str, Any] | None:
    counts = {
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "total_tokens": row.total_tokens,
    }
    return counts if any(count is not None for count in counts.values()) else None


def _error(row: Reply) -> dict[str, Any]:
    return {
        "code": row.error_code,
        "detail": row.error_detail,
        "retryable": row.error_retryable,
        "refunded": row.refunded,
    }
