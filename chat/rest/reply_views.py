"""`/api/v1/…` of replies: asking, reading, following, cancelling."""

from abc import abstractmethod
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.credentials.authentication import credential_of, member_of
from api import threads
from api.problems import answers, missing, problem
from api.views import AsyncView
from chat.conversations.intake import IntakeIncomplete
from chat.limits.daily_limit import DailyLimitReached
from chat.live import long_poll, reply_follower, sse
from chat.live.sse import TooManyStreams
from chat.models import Conversation, Reply
from chat.replies import accept, cancellation
from chat.replies.accept import Accepted, KeyReused, QueueFull, ReplyInProgress
from chat.replies.reply_request import NOT_GIVEN, ReplyRequest
from chat.resources import queries, render

from . import openapi_parameters as params
from . import request_headers
from .rate_limit_headers import LimitedView
from .requests import RegenerateInput, ReplyInput
from .schema import ExchangeSerializer, ReplySerializer, StreamedEventSerializer

_AGAIN = {"Retry-After": "1"}


class AcceptingView(LimitedView):
    """Every accept and every refusal says how much of the daily limit is left.

    A POST is accepted on the thread on which it is authenticated, before its handler begins.
    """

    problems = (
        problem("A reply is open, or the intake incomplete", ReplyInProgress, IntakeIncomplete),
        problem("The Idempotency-Key was used for something else", KeyReused),
        problem("The daily limit is reached", DailyLimitReached),
        problem("The database is away, or the queue is full", QueueFull),
    )
    accepted: Accepted

    def handle_exception(self, exc: Exception) -> Response:
        self.database_away = isinstance(exc, DatabaseError | InterfaceError)
        return super().handle_exception(exc)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            self.accepted = self.accept(request, **kwargs)
            self.quota = self.accepted.quota

    @abstractmethod
    def accept(self, request: Request, *args: Any, **kwargs: Any) -> Accepted:
        """What a POST asks for; `kwargs` are the path's."""

    async def answer(self, request: Request) -> HttpResponse:
        """202 at once or, where that is preferred, 200 when the reply ended in time."""
        reply = self.accepted.reply
        view = long_poll.of_resource(reply, self.accepted.resource)
        seconds = request_headers.preferred_wait(request)
        headers = {"Location": f"/api/v1/replies/{reply.id}"}
        if seconds is not None and reply_follower.has_room(credential_of(request)):
            # It was accepted, also when only this cannot be read any more.
            with suppress(*threads.DATABASE_UNAVAILABLE):
                view = await long_poll.wait(
                    credential=credential_of(request),
                    reply_id=reply.id,
                    enough=lambda view: view.terminal,
                    seconds=seconds,
                )
            headers["Preference-Applied"] = f"wait={seconds}"
            if view.terminal:
                self.quota = None  # one that failed has given its slot back
        ended = seconds is not None and view.terminal
        return _reply_response(
            view,
            status=status.HTTP_200_OK if ended else status.HTTP_202_ACCEPTED,
            headers=headers if ended else headers | _AGAIN,
        )


class RepliesView(AcceptingView):
    def accept(self, request: Request, conversation_id: UUID) -> Accepted:
        return _ask(request, conversation_id)

    @answers(missing(Conversation))
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
    def accept(self, request: Request, reply_id: UUID) -> Accepted:
        return _regenerate(request, reply_id)

    @answers(missing(Reply))
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
    @answers(missing(Reply))
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
        known = request_headers.known_etags(request)
        seconds = request_headers.preferred_wait(request)
        credential = credential_of(request)
        headers = {"Cache-Control": "private, no-cache"}
        if seconds is not None and reply_follower.has_room(credential):
            headers["Preference-Applied"] = f"wait={seconds}"
        else:
            seconds = 0
        view = await long_poll.wait(
            credential=credential,
            reply_id=reply_id,
            enough=lambda view: view.terminal or (bool(known) and not _is_known(view, known)),
            seconds=seconds,
        )
        headers |= {"ETag": view.etag} | ({} if view.terminal else _AGAIN)
        if _is_known(view, known):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return _reply_response(view, status=status.HTTP_200_OK, headers=headers)


class EventsView(AsyncView):
    @answers(missing(Reply), problem("Too many streams and waits are open", TooManyStreams))
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
        credential = credential_of(request)
        reply = await threads.run(queries.get_reply, member=member_of(request), reply_id=reply_id)
        last = request.headers.get(sse.FIELD)
        since = sse.position_of(last, reply) if last else None
        if sse.is_over(reply, since):
            return Response(status=status.HTTP_204_NO_CONTENT)
        if not reply_follower.has_room(credential):
            raise sse.TooManyStreams()
        if request.method == "HEAD":
            return sse.EventStream(sse.nothing())
        parts = sse.stream(credential=credential, reply_id=reply_id, since=since)
        return sse.EventStream(parts)


class CancelView(AsyncView):
    """Waits for the worker, and so is asynchronous."""

    @answers(missing(Reply))
    @extend_schema(operation_id="cancel_reply", request=None, responses={200: ReplySerializer})
    async def post(self, request: Request, reply_id: UUID) -> Response:
        """Stop a reply; the text so far is kept. One that has ended is returned as it is."""
        return Response(await cancellation.cancel(member=member_of(request), reply_id=reply_id))


class ExchangeView(APIView):
    @answers(missing(Reply))
    @extend_schema(operation_id="get_exchange", responses={200: ExchangeSerializer})
    def get(self, request: Request, reply_id: UUID) -> Response:
        """What went over the model's wire, rebuilt.

        `response` is null when no whole answer came.
        """
        reply = queries.get_reply(member=member_of(request), reply_id=reply_id)
        return Response(render.exchange(reply))


def _reply_response(
    view: long_poll.ReplyView, *, status: int, headers: dict[str, str]
) -> HttpResponse:
    return HttpResponse(
        view.resource, content_type="application/json", status=status, headers=headers
    )


def _ask(request: Request, conversation_id: UUID) -> Accepted:
    try:
        given = ReplyInput.read(request.data)
    except Exception:
        # A conversation of somebody else is a 404, whatever is wrong with the body.
        queries.require(member=member_of(request), conversation_id=conversation_id)
        raise
    asked = ReplyRequest(
        message=given.get("message"),
        after=given.get("after", NOT_GIVEN),
        config=given.get("config"),
    )
    return accept.accept(
        member=member_of(request),
        conversation_id=conversation_id,
        request=asked,
        idempotency=request_headers.idempotency(request),
    )


def _regenerate(request: Request, reply_id: UUID) -> Accepted:
    original = queries.get_reply(member=member_of(request), reply_id=reply_id)
    body = RegenerateInput(data=request.data)
    body.is_valid(raise_exception=True)
    return accept.regenerate(
        member=member_of(request),
        reply_id=original.id,
        config=body.validated_data.get("config"),
        idempotency=request_headers.idempotency(request),
    )


def _is_known(view: long_poll.ReplyView, known: list[str]) -> bool:
    return known == ["*"] or request_headers.weak(view.etag) in known
