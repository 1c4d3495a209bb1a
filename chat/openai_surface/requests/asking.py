"""A parsed request, accepted: checked against what is stored, and put into the tree."""

from django.conf import settings

from accounts.models import Member
from api.errors import FieldError
from chat.conversations import available_models
from chat.exchange import context
from chat.models import Choice
from chat.openai_surface import ids
from chat.openai_surface.errors import ModelNotOffered
from chat.openai_surface.responses import responses
from chat.replies import accept
from chat.replies.accept import Accepted
from chat.replies.reply_request import Idempotency, ReplyRequest
from chat.states import ReplyStatus

from . import fields, history
from .parsed_request import ParsedRequest


def ask(*, member: Member, parsed: ParsedRequest, idempotency: Idempotency | None) -> Accepted:
    """The accepted reply, or the one that the same key made before.

    Raises ModelNotOffered, and what `accept.accept` raises; then nothing is stored.
    """
    _refuse_unknown_model(parsed)
    previous = None if parsed.previous is None else _previous(member, parsed.previous)
    _refuse_too_long(parsed, previous)
    placed = history.of(parsed.messages)
    asked = ReplyRequest(
        message=placed.message,
        after=previous.id if previous else None,
        config=parsed.config,
        imported=placed.imported,
        preceding=placed.preceding,
        request_extra=parsed.extra,
    )
    if previous is None:
        return accept.begin(member=member, request=asked, idempotency=idempotency)
    return accept.accept(
        member=member,
        conversation_id=previous.reply.conversation_id,
        request=asked,
        idempotency=idempotency,
    )


def _refuse_unknown_model(parsed: ParsedRequest) -> None:
    try:
        available_models.checked(parsed.config["model"])
    except FieldError as error:
        raise ModelNotOffered() from error


def _previous(member: Member, response_id: str) -> Choice:
    """The answer of the response that is gone on from."""
    reply_id = ids.reply_id(response_id)
    answers = Choice.objects.select_related("reply__prompt").exclude(
        reply__status=ReplyStatus.FAILED
    )
    of_member = answers.filter(reply__member=member, reply__conversation__deleted_at=None)
    answer = of_member.filter(reply_id=reply_id).order_by("index").first() if reply_id else None
    if answer is None or not responses.is_one(answer.reply):
        detail = "There is no such response of yours, or it has no answer to go on from (yet)."
        raise fields.wrong("previous_response_id", detail, "previous_response_not_found")
    return answer


def _refuse_too_long(parsed: ParsedRequest, previous: Choice | None) -> None:
    """The same bound within which `chat.exchange.context` would leave the oldest turns out."""
    if not parsed.whole:
        return
    chars = len(parsed.config["system"] or "")
    chars += sum(len(message["content"]) for message in parsed.messages)
    if previous is not None:
        chars += context.chars_before(previous)
    if chars > settings.CHAT_CONTEXT_MAX_CHARS:
        most = settings.CHAT_CONTEXT_MAX_CHARS
        detail = f"The messages have {chars} characters together, and at most {most} can be sent."
        raise fields.wrong(parsed.param, detail, "context_length_exceeded")
