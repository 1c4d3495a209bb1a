"""`/api/v1/…` of the chat: each view parses, makes one domain call, renders."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.credentials.authentication import proof_of
from accounts.models import Member
from api import threads
from api.pagination import page_of
from api.views import AsyncView
from chat.conversations import available_models, conversations, intake
from chat.conversations.conversations import Beginning
from chat.exchange import wire_format
from chat.limits import daily_limit
from chat.live import long_poll, reply_follower, sse
from chat.live.long_poll import Seen
from chat.models import Conversation, Reply
from chat.replies import accept, cancellation, conversation_deletion
from chat.replies.accept import UNSET, Ask
from chat.resources import queries

from . import lists
from . import parameters as params
from .rate_limit_headers import LimitedView
from .serializers import (
    AnswerInput,
    ConversationChange,
    ConversationInput,
    ConversationSerializer,
    ExchangeSerializer,
    ModelsSerializer,
    PromptSerializer,
    QuotaSerializer,
    RegenerateInput,
    ReplyInput,
    ReplySerializer,
    StreamedEventSerializer,
    SummarySerializer,
)

_AGAIN = {"Retry-After": "1"}


class AcceptingView(LimitedView):
    """Every accept and every refusal says how much of the daily limit is left.

    What is accepted is so before the handler begins: `accepted` has to be called by then.
    """

    reply: Reply
    seen: Seen

    def handle_exception(self, exc: Exception) -> Response:
        self.database_away = isinstance(exc, DatabaseError | InterfaceError)
        return super().handle_exception(exc)

    def accepted(self, reply: Reply) -> None:
        self.reply, self.seen = reply, long_poll.seen(reply)
        self.quota = reply.announced.quota if reply.announced else None

    async def answer(self, request: Request) -> HttpResponse:
        """202 at once or, where that is preferred, 200 when the reply ended in time."""
        reply, seen = self.reply, self.seen
        seconds = params.preferred_wait(request)
        headers = {"Location": f"/api/v1/replies/{reply.id}"}
        if seconds is not None and reply_follower.has_room(proof_of(request)):
            # It was accepted, also when only this cannot be read any more.
            with suppress(*threads.DATABASE_UNAVAILABLE):
                seen = await long_poll.wait(
                    proof=proof_of(request),
                    reply_id=reply.id,
                    enough=lambda seen: seen.terminal,
                    seconds=seconds,
                )
            headers["Preference-Applied"] = f"wait={seconds}"
            if seen.terminal:
                self.quota = None  # one that failed has given its slot back
        ended = seconds is not None and seen.terminal
        return _told(
            seen,
            status=status.HTTP_200_OK if ended else status.HTTP_202_ACCEPTED,
            headers=headers if ended else headers | _AGAIN,
        )


class ModelsView(APIView):
    @extend_schema(operation_id="list_models", responses={200: ModelsSerializer})
    def get(self, request: Request) -> Response:
        """The models that may be asked, and the bounds of a config."""
        names = available_models.models()
        answer = {
            "default": available_models.default_among(names),
            "models": [{"id": name} for name in names],
            "bounds": available_models.bounds(),
            "demo": settings.DEMO_MODEL,
        }
        return Response(ModelsSerializer(answer).data)


class QuotaView(APIView):
    @extend_schema(operation_id="get_quota", responses={200: QuotaSerializer})
    def get(self, request: Request) -> Response:
        """How much of the daily limit is used."""
        return Response(QuotaSerializer(daily_limit.state(member=member_of(request))).data)


class ConversationsView(APIView):
    @extend_schema(
        operation_id="list_conversations",
        parameters=params.CONVERSATIONS,
        responses={200: page_of(SummarySerializer)},
    )
    def get(self, request: Request) -> Response:
        """Your conversations: pinned ones first, then newest first."""
        page = lists.CONVERSATIONS.page(
            queryset=queries.summaries(
                member=member_of(request),
                archived=params.archived(request),
                text=params.query(request),
            ),
            request=request,
            render=_summaries,
        )
        return Response(page)

    @extend_schema(
        operation_id="create_conversation",
        parameters=[params.LOCATION],
        request=ConversationInput,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin a conversation, with the intake's questions unless `intake` is false.

        They are asked in Korean or English, as `Accept-Language` says.
        """
        body = ConversationInput(data=request.data)
        body.is_valid(raise_exception=True)
        beginning = Beginning(language=params.language(request), **body.validated_data)
        conversation = conversations.begin(member=member_of(request), beginning=beginning)
        return Response(
            ConversationSerializer(
                queries.whole(member=member_of(request), conversation_id=conversation.id)
            ).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/v1/conversations/{conversation.id}"},
        )


class ConversationView(AsyncView):
    """Deleting waits for the worker that is to stop, and so is asynchronous: then all must be."""

    @extend_schema(operation_id="get_conversation", responses={200: ConversationSerializer})
    async def get(self, request: Request, conversation_id: UUID) -> Response:
        """A conversation with all its prompts and replies."""
        return await threads.run(_whole, request, conversation_id)

    @extend_schema(
        operation_id="change_conversation",
        request=ConversationChange,
        responses={200: ConversationSerializer},
    )
    async def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Rename, pin or archive a conversation, or set with what the model is asked from now on.

        The conversation keeps its place in the list.
        """
        return await threads.run(_changed, request, conversation_id)

    @extend_schema(operation_id="delete_conversation", responses={204: None})
    async def delete(self, request: Request, conversation_id: UUID) -> Response:
        """Delete a conversation; it can be restored for 30 days.

        An open reply is cancelled, and a shared link leads nowhere any more.
        """
        await conversation_deletion.delete(
            member=member_of(request), conversation_id=conversation_id
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreView(APIView):
    @extend_schema(
        operation_id="restore_conversation",
        request=None,
        responses={200: ConversationSerializer},
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Undo a deletion, within 30 days. One that is not deleted is returned as it is."""
        conversation_deletion.restore(member=member_of(request), conversation_id=conversation_id)
        return _whole(request, conversation_id)


class PromptView(APIView):
    @extend_schema(
        operation_id="answer_prompt", request=AnswerInput, responses={200: PromptSerializer}
    )
    def patch(self, request: Request, conversation_id: UUID, prompt_id: UUID) -> Response:
        """Answer a question of the intake, until a reply was accepted."""
        body = AnswerInput(data=request.data)
        body.is_valid(raise_exception=True)
        prompt = intake.answer(
            member=member_of(request),
            conversation_id=conversation_id,
            prompt_id=prompt_id,
            text=body.validated_data["answer"],
        )
        return Response(PromptSerializer(prompt).data)


class RepliesView(AcceptingView):
    def before_post(self, request: Request, conversation_id: UUID) -> None:
        self.accepted(_ask(request, conversation_id))

    @extend_schema(
        operation_id="create_reply",
        request=ReplyInput,
        parameters=[*params.ACCEPTING, *params.RATE_LIMIT],
        responses={200: ReplySerializer, 202: ReplySerializer},
    )
    async def post(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Ask: with a message or, without one, with the intake's answers.

        `after` names the choice that the message follows (null: none); left out, it is the last
        one of the branch. `config` holds for this reply only.
        """
        return await self.answer(request)


class RegenerateView(AcceptingView):
    def before_post(self, request: Request, reply_id: UUID) -> None:
        self.accepted(_regenerate(request, reply_id))

    @extend_schema(
        operation_id="regenerate_reply",
        request=RegenerateInput,
        parameters=[*params.ACCEPTING, *params.RATE_LIMIT],
        responses={200: ReplySerializer, 202: ReplySerializer},
    )
    async def post(self, request: Request, reply_id: UUID) -> HttpResponse:
        """Ask the same prompt again; the earlier replies stay."""
        return await self.answer(request)


class ReplyView(AsyncView):
    @extend_schema(
        operation_id="get_reply",
        parameters=[
            params.PREFER,
            params.IF_NONE_MATCH,
            params.ETAG,
            params.PREFERENCE_APPLIED,
            params.RETRY_AFTER,
        ],
        responses={200: ReplySerializer, 304: None},
    )
    async def get(self, request: Request, reply_id: UUID) -> HttpResponseBase:
        """A reply as it is now or, with `Prefer: wait=n`, once it has ended.

        Together with `If-None-Match`, once it is another than that.
        """
        known = params.known_etags(request)
        seconds = params.preferred_wait(request)
        proof = proof_of(request)
        headers = {"Cache-Control": "private, no-cache"}
        if seconds is not None and reply_follower.has_room(proof):
            headers["Preference-Applied"] = f"wait={seconds}"
        else:
            seconds = 0
        seen = await long_poll.wait(
            proof=proof,
            reply_id=reply_id,
            enough=lambda seen: seen.terminal or (bool(known) and not _is_known(seen, known)),
            seconds=seconds,
        )
        headers |= {"ETag": seen.etag} | ({} if seen.terminal else _AGAIN)
        if _is_known(seen, known):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return _told(seen, status=status.HTTP_200_OK, headers=headers)


class EventsView(AsyncView):
    @extend_schema(
        operation_id="stream_reply",
        parameters=[params.LAST_EVENT_ID],
        responses={(200, sse.CONTENT_TYPE): StreamedEventSerializer, 204: None},
    )
    async def get(self, request: Request, reply_id: UUID) -> HttpResponseBase:
        """A reply as it comes: Server-Sent Events with the frames of docs/protocol.md.

        It begins with the reply as it is, and ends after its end. 204 says that this end was read
        before.
        """
        proof = proof_of(request)
        reply = await threads.run(queries.one, member=member_of(request), reply_id=reply_id)
        last = request.headers.get(sse.FIELD)
        since = sse.mark_of(last, reply) if last else None
        if sse.is_over(reply, since):
            return Response(status=status.HTTP_204_NO_CONTENT)
        if not reply_follower.has_room(proof):
            raise sse.TooManyStreams()
        if request.method == "HEAD":
            return sse.EventStream(sse.nothing())
        parts = sse.stream(proof=proof, reply_id=reply_id, since=since)
        return sse.EventStream(parts)


class CancelView(AsyncView):
    """Waits for the worker, and so is asynchronous."""

    @extend_schema(operation_id="cancel_reply", request=None, responses={200: ReplySerializer})
    async def post(self, request: Request, reply_id: UUID) -> Response:
        """Stop a reply; the text so far is kept. One that has ended is returned as it is."""
        return Response(await cancellation.cancel(member=member_of(request), reply_id=reply_id))


class ExchangeView(APIView):
    @extend_schema(operation_id="get_exchange", responses={200: ExchangeSerializer})
    def get(self, request: Request, reply_id: UUID) -> Response:
        """What went over the model's wire, rebuilt.

        `response` is null when no whole answer came.
        """
        reply = queries.one(member=member_of(request), reply_id=reply_id)
        return Response(
            {
                "request": wire_format.rebuilt_request(reply),
                "response": wire_format.rebuilt_response(reply, reply.choices.all()),
            }
        )


def member_of(request: Request) -> Member:
    return cast(Member, request.user)


def _told(seen: Seen, *, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(
        seen.resource, content_type="application/json", status=status, headers=headers
    )


def _ask(request: Request, conversation_id: UUID) -> Reply:
    try:
        given = ReplyInput.read(request.data)
    except Exception:
        # A conversation of somebody else is a 404, whatever is wrong with the body.
        queries.require(member=member_of(request), conversation_id=conversation_id)
        raise
    ask = Ask(
        message=given.get("message"),
        after=given.get("after", UNSET),
        config=given.get("config"),
    )
    return accept.accept(
        member=member_of(request),
        conversation_id=conversation_id,
        ask=ask,
        idempotency=params.idempotency(request),
    )


def _regenerate(request: Request, reply_id: UUID) -> Reply:
    original = queries.one(member=member_of(request), reply_id=reply_id)
    body = RegenerateInput(data=request.data)
    body.is_valid(raise_exception=True)
    return accept.regenerate(
        member=member_of(request),
        reply_id=original.id,
        config=body.validated_data.get("config"),
        idempotency=params.idempotency(request),
    )


def _is_known(seen: Seen, known: list[str]) -> bool:
    return known == ["*"] or params.weak(seen.etag) in known


def _changed(request: Request, conversation_id: UUID) -> Response:
    # A conversation of somebody else is a 404 before its body is looked at.
    queries.require(member=member_of(request), conversation_id=conversation_id)
    body = ConversationChange(data=request.data)
    body.is_valid(raise_exception=True)
    conversations.change(
        member=member_of(request), conversation_id=conversation_id, fields=body.validated_data
    )
    return _whole(request, conversation_id)


def _whole(request: Request, conversation_id: UUID) -> Response:
    conversation = queries.whole(member=member_of(request), conversation_id=conversation_id)
    return Response(ConversationSerializer(conversation).data)


def _summaries(rows: Sequence[Conversation]) -> list[Any]:
    return list(SummarySerializer(list(rows), many=True).data)  # type: ignore[arg-type]
