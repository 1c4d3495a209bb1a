"""Every resource of the chat as a plain object: the only place that makes one.

Views, events, webhooks and exports all use it. chat/rest/schema.py describes the same shapes for
the OpenAPI document; tests/chat/resources/test_render.py compares the two field by field. Values
are UUIDs, moments in UTC, numbers, texts and None; `api.renderers.to_json` writes them.
"""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from chat import model_parameters
from chat.exchange import wire_format
from chat.limits import queue
from chat.limits.daily_limit import Quota
from chat.models import ChatConfig, Choice, Conversation, Prompt, Reply
from chat.states import ReplyStatus

_WITH_ERROR = (ReplyStatus.FAILED, ReplyStatus.CANCELLED)


def reply(row: Reply, *, ahead: int | None = None) -> dict[str, Any]:
    """Expects `config` loaded and `choices` prefetched by index, as `queries.replies` gives them.

    One query while it waits for a worker, for its place in the queue; none where `ahead` says how
    many wait longer.
    """
    return {
        "id": row.id,
        "conversation": row.conversation_id,
        "prompt": row.prompt_id,
        "status": row.status,
        "attempt": row.attempt,
        "queue_position": queue.position(row, ahead=ahead),
        "retry_at": row.retry_at,
        "config": _config(row.config),
        "choices": _choices(row),
        "usage": _usage(row),
        "error": _error(row) if row.status in _WITH_ERROR else None,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def conversation(row: Conversation) -> dict[str, Any]:
    """Expects all that `queries.get_conversation` gives; one query while a reply waits."""
    return {
        **_of_conversation(row),
        "prompts": _prompts(row),
        "replies": [reply(each) for each in row.replies.all()],
    }


def summary(row: Conversation) -> dict[str, Any]:
    """Expects `last_reply`, as `queries.with_last_reply` gives it, and `config` loaded."""
    return {
        **_of_conversation(row),
        "last_reply": row.last_reply,  # type: ignore[attr-defined]  # annotated
    }


def _of_conversation(row: Conversation) -> dict[str, Any]:
    """What the whole conversation and its summary begin with."""
    return {
        "id": row.id,
        "title": row.title,
        "config": _config(row.config),
        "pinned": row.pinned,
        "archived": row.archived,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def shared_conversation(row: Conversation) -> dict[str, Any]:
    """What whoever has the link may see: without the system text, and how the member keeps order.

    Expects what `conversation` does.
    """
    return {
        "id": row.id,
        "title": row.title,
        "config": _shared_config(row.config),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "prompts": _prompts(row),
        "replies": [_shared_reply(each) for each in row.replies.all()],
    }


def prompt(row: Prompt) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "prompt": row.prompt,
        "answer": row.answer,
        "parent": row.parent_id,
        "position": row.position,
    }


def exchange(row: Reply) -> dict[str, Any]:
    """What went over the model's wire. Expects what `reply` does; asks for the branch before it."""
    return {
        "request": wire_format.rebuilt_request(row),
        "response": wire_format.rebuilt_response(row, row.choices.all()),
    }


def share(*, token: str, url: str) -> dict[str, Any]:
    return {"token": token, "url": url}


def models(
    *, names: Iterable[str], default: str, bounds: dict[str, Any], demo: bool
) -> dict[str, Any]:
    """`bounds` as `available_models.bounds` gives them."""
    return {
        "default": default,
        "models": [{"id": name} for name in names],
        "bounds": bounds,
        "demo": demo,
    }


def quota(state: Quota) -> dict[str, Any]:
    return {
        "limit": state.limit,
        "used": state.used,
        "remaining": state.remaining,
        "resets_at": state.resets_at.astimezone(UTC),
    }


def _prompts(row: Conversation) -> list[dict[str, Any]]:
    return [prompt(each) for each in sorted(row.prompts.all(), key=lambda each: each.position)]


def _shared_reply(row: Reply) -> dict[str, Any]:
    """Without what concerns the member and the engine: usage, errors, attempts, the queue."""
    return {
        "id": row.id,
        "conversation": row.conversation_id,
        "prompt": row.prompt_id,
        "status": row.status,
        "config": _shared_config(row.config),
        "choices": _choices(row),
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def _shared_config(row: ChatConfig) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model_parameters.SHARED_NAMES}


def _choices(row: Reply) -> list[dict[str, Any]]:
    return [_choice(choice) for choice in row.choices.all()]


def _config(row: ChatConfig) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model_parameters.IN_API_NAMES}


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
