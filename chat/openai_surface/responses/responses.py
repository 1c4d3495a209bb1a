"""Replies as OpenAI's `response`."""

from datetime import datetime
from typing import Any

from chat.models import Choice, Reply
from chat.openai_surface import ids
from chat.openai_surface.requests.fields import JSON
from chat.replies.lifecycle import CANCELLED_FINISH_REASON
from chat.states import ReplyStatus

from . import completions

# Why the model stopped, where that was before its end: OpenAI's word for it.
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_CUT = (*_INCOMPLETE, CANCELLED_FINISH_REASON)
# OpenAI knows few codes; ours stands beside as the type.
_ERRORS = {
    "model_rate_limited": "rate_limit_exceeded",
    "context_too_long": "invalid_prompt",
    "request_refused": "invalid_prompt",
}


def is_one(reply: Reply) -> bool:
    """Whether it was asked for as a response."""
    return bool(reply.request_extra.get("object") == "response")


def rendered(reply: Reply) -> JSON:
    """`reply` with its config and choices loaded."""
    asked, config = reply.request_extra, reply.config
    cut_short = _cut_short(reply)
    return {
        "id": ids.response_id(reply),
        "object": "response",
        "created_at": _seconds(reply.created_at),
        "completed_at": _completed_at(reply),
        "status": "incomplete" if cut_short else reply.status,
        "background": asked.get("background", False),
        "error": _error(reply),
        "incomplete_details": {"reason": cut_short} if cut_short else None,
        "instructions": config.system,
        "max_output_tokens": config.max_tokens,
        "max_tool_calls": None,
        "metadata": asked.get("metadata", {}),
        "model": reply.response_model or config.model,
        "output": [message_of(choice) for choice in reply.choices.all()],
        "parallel_tool_calls": True,
        "previous_response_id": asked.get("previous_response_id"),
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": None,
        "store": True,
        "temperature": config.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": None,
        "truncation": asked.get("truncation", "disabled"),
        "usage": _usage(reply),
        "user": None,
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _completed_at(reply: Reply) -> int | None:
    done = reply.status == ReplyStatus.COMPLETED and reply.finished_at
    return _seconds(done) if done else None


def _cut_short(reply: Reply) -> str | None:
    """Why a completed answer is not whole."""
    if reply.status != ReplyStatus.COMPLETED:
        return None
    reasons = (_INCOMPLETE.get(choice.finish_reason or "") for choice in reply.choices.all())
    return next((reason for reason in reasons if reason), None)


def message_of(choice: Choice) -> JSON:
    status = "incomplete" if choice.finish_reason in _CUT else "completed"
    content = [text_part(choice.content)]
    return message(choice.reply, choice.index, status=status, content=content)


def message(reply: Reply, index: int, *, status: str, content: list[JSON]) -> JSON:
    return {
        "id": ids.message_id(reply, index),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def text_part(text: str) -> JSON:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _error(reply: Reply) -> JSON | None:
    if reply.status != ReplyStatus.FAILED:
        return None
    code = _ERRORS.get(reply.error_code or "", "server_error")
    return {"code": code, "message": reply.error_detail, "param": None, "type": reply.error_code}


def _usage(reply: Reply) -> JSON | None:
    counted: Any = completions.usage(reply)
    if counted is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    total = reply.prompt_tokens + reply.completion_tokens
    cached = _detail(counted, "prompt_tokens_details", "cached_tokens")
    return {
        "input_tokens": reply.prompt_tokens,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": reply.completion_tokens,
        "output_tokens_details": {
            "reasoning_tokens": _detail(counted, "completion_tokens_details", "reasoning_tokens")
        },
        "total_tokens": total if reply.total_tokens is None else reply.total_tokens,
    }


def _detail(counted: JSON, group: str, name: str) -> int:
    """0 where the model does not say."""
    details = counted.get(group)
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) else 0
