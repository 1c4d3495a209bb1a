"""Asking as the views of the OpenAI surface do, without HTTP, and what came of it."""

from hashlib import sha256

from chat.exchange import context
from chat.models import ChatConfig, Choice, Conversation, Prompt, QuotaSlot, Reply
from chat.openai_surface.requests import asking, parsed_request
from chat.replies.accept import Idempotency
from support.drivers.openai_driver import COMPLETION, MODEL, RESPONSE


def completion(member, *messages, key=None, **fields):
    body = COMPLETION | {"model": MODEL, "messages": list(messages)} | fields
    return _asked(member, parsed_request.of_completion(body), key)


def response(member, given="Hello", key=None, **fields):
    body = RESPONSE | {"model": MODEL, "input": given} | fields
    return _asked(member, parsed_request.of_response(body), key)


def _asked(member, parsed, key):
    body_hash = sha256(repr(parsed).encode()).hexdigest()
    idempotency = Idempotency(key=key, body_hash=body_hash) if key else None
    return asking.ask(member=member, parsed=parsed, idempotency=idempotency).reply


def resource(reply):
    return {"id": str(reply.id)}


def conversation_of(reply):
    return {"id": str(reply.conversation_id)}


def told(reply):
    return context.of(Reply.objects.select_related("config", "prompt").get(id=reply.id)).messages


def counts():
    models = (Conversation, ChatConfig, Prompt, Reply, Choice, QuotaSlot)
    return [model.objects.count() for model in models]
