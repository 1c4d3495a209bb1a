"""Replies as OpenAI's `chat.completion`.

What came from the model is given as it came, but for the id and the moment, which are the reply's.
"""

from typing import Any

from chat.exchange import wire_format
from chat.models import Reply
from chat.openai_surface import ids
from chat.openai_surface.requests.fields import JSON

# Of what else the model sent along.
_PASSED_ON = ("service_tier", "system_fingerprint")


def whole(reply: Reply) -> JSON:
    """Of a completed reply, with its choices loaded."""
    answer = _answer(reply)
    body = heading(reply, "chat.completion") | {"model": reply.response_model or reply.config.model}
    body["choices"] = [_choice(choice) for choice in answer["choices"]]
    body["usage"] = usage(reply)
    return body | {name: answer[name] for name in _PASSED_ON if answer.get(name) is not None}


def usage(reply: Reply) -> JSON | None:
    """Of a completed reply; None where the model did not say."""
    found = _answer(reply).get("usage")
    return found if isinstance(found, dict) else None


def heading(reply: Reply, kind: str) -> JSON:
    return {
        "id": ids.completion_id(reply),
        "object": kind,
        "created": int(reply.created_at.timestamp()),
    }


def _choice(choice: JSON) -> JSON:
    message: dict[str, Any] = choice["message"]
    told = {"role": "assistant", "content": message.get("content")}
    return {
        "index": choice["index"],
        "message": told | {"refusal": message.get("refusal")},
        "logprobs": None,
        "finish_reason": choice.get("finish_reason"),
    }


def _answer(reply: Reply) -> JSON:
    return wire_format.rebuilt_response(reply, reply.choices.all()) or {"choices": []}
