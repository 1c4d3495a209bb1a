"""`/api/v1/…` of the chat: each view parses, makes one domain call, renders."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from adrf.views import APIView as AsyncAPIView
from django.conf import settings
from django.http import Http404
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Member
from api.pagination import page_of

from . import accepting, cancelling, conversations, exchange, intake, lists, offers, quota, reading
from . import parameters as params
from .accepting import UNSET, Ask
from .conversations import Beginning
from .models import Conversation, Prompt, Reply
from .serializers import (
    AnswerInput,
    ConversationInput,
    ConversationSerializer,
    ExchangeSerializer,
    ModelsSerializer,
    PromptSerializer,
    QuotaSerializer,
    RegenerateInput,
    ReplyInput,
    ReplySerializer,
    SummarySerializer,
)


class ChatView(APIView):
    """Another member's resource, like one that never was, is a 404."""

    def handle_exception(self, exc: Exception) -> Response:
        missing = (Conversation.DoesNotExist, Prompt.DoesNotExist, Reply.DoesNotExist)
        return super().handle_exception(Http404() if isinstance(exc, missing) else exc)


class AcceptingView(ChatView):
    """Every accept and every refusal says how much of the daily limit is left."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kw: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kw)
        if isinstance(request.user, Member):
            for name, value in params.rate_limit_headers(quota.state(member=request.user)).items():
                response[name] = value
        return cast(Response, response)

    def accepted(self, reply: Reply) -> Response:
        location = f"/api/v1/replies/{reply.id}"
        return Response(
            ReplySerializer(reply).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": location, "Retry-After": "1"},
        )


class ModelsView(ChatView):
    @extend_schema(responses={200: ModelsSerializer})
    def get(self, request: Request) -> Response:
        names = offers.models()
        answer = {
            "default": offers.default_among(names),
            "models": [{"id": name} for name in names],
            "bounds": offers.bounds(),
            "demo": settings.DEMO_MODEL,
        }
        return Response(ModelsSerializer(answer).data)


class QuotaView(ChatView):
    @extend_schema(responses={200: QuotaSerializer})
    def get(self, request: Request) -> Response:
        return Response(QuotaSerializer(quota.state(member=member_of(request))).data)


class ConversationsView(ChatView):
    @extend_schema(parameters=params.PAGE, responses={200: page_of(SummarySerializer)})
    def get(self, request: Request) -> Response:
        page = lists.CONVERSATIONS.page(
            queryset=reading.summaries(member=member_of(request)).filter(
                archived=params.archived(request)
            ),
            request=request,
            render=_summaries,
        )
        return Response(page)

    @extend_schema(request=ConversationInput, responses={201: ConversationSerializer})
    def post(self, request: Request) -> Response:
        body = ConversationInput(data=request.data)
        body.is_valid(raise_exception=True)
        beginning = Beginning(language=_language(request), **body.validated_data)
        conversation = conversations.begin(member=member_of(request), beginning=beginning)
        return Response(
            ConversationSerializer(
                reading.whole(member=member_of(request), conversation_id=conversation.id)
            ).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/v1/conversations/{conversation.id}"},
        )


class ConversationView(ChatView):
    @extend_schema(responses={200: ConversationSerializer})
    def get(self, request: Request, conversation_id: UUID) -> Response:
        conversation = reading.whole(member=member_of(request), conversation_id=conversation_id)
        return Response(ConversationSerializer(conversation).data)


class PromptView(ChatView):
    @extend_schema(request=AnswerInput, responses={200: PromptSerializer})
    def patch(self, request: Request, conversation_id: UUID, prompt_id: UUID) -> Response:
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
    @extend_schema(
        request=ReplyInput, parameters=[params.IDEMPOTENCY], responses={202: ReplySerializer}
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        # A conversation of somebody else is a 404 before its body is looked at.
        reading.require(member=member_of(request), conversation_id=conversation_id)
        body = ReplyInput(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        ask = Ask(
            message=given.get("message"),
            after=given.get("after", UNSET),
            config=given.get("config"),
        )
        reply = accepting.accept(
            member=member_of(request),
            conversation_id=conversation_id,
            ask=ask,
            idempotency=params.idempotency(request),
        )
        return self.accepted(reply)


class RegenerateView(AcceptingView):
    @extend_schema(
        request=RegenerateInput, parameters=[params.IDEMPOTENCY], responses={202: ReplySerializer}
    )
    def post(self, request: Request, reply_id: UUID) -> Response:
        original = reading.one(member=member_of(request), reply_id=reply_id)
        body = RegenerateInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        reply = accepting.regenerate(
            member=member_of(request),
            reply_id=original.id,
            config=body.validated_data.get("config"),
            idempotency=params.idempotency(request),
        )
        return self.accepted(reply)


class ReplyView(ChatView):
    @extend_schema(responses={200: ReplySerializer})
    def get(self, request: Request, reply_id: UUID) -> Response:
        return Response(
            ReplySerializer(reading.one(member=member_of(request), reply_id=reply_id)).data
        )


class CancelView(AsyncAPIView):  # type: ignore[misc]  # adrf is untyped
    """Waits for the worker, and so is asynchronous."""

    handle_exception = cast(Any, ChatView.handle_exception)

    @extend_schema(request=None, responses={200: ReplySerializer})
    async def post(self, request: Request, reply_id: UUID) -> Response:
        return Response(await cancelling.cancel(member=member_of(request), reply_id=reply_id))


class ExchangeView(ChatView):
    @extend_schema(responses={200: ExchangeSerializer})
    def get(self, request: Request, reply_id: UUID) -> Response:
        reply = reading.one(member=member_of(request), reply_id=reply_id)
        return Response(
            {
                "request": exchange.rebuilt_request(reply),
                "response": exchange.rebuilt_response(reply, reply.choices.all()),
            }
        )


def member_of(request: Request) -> Member:
    return cast(Member, request.user)


def _summaries(rows: Sequence[Conversation]) -> list[Any]:
    return list(SummarySerializer(list(rows), many=True).data)  # type: ignore[arg-type]


def _language(request: Request) -> str:
    language = get_language_from_request(request._request)
    return language if language in intake.QUESTIONS else "en"
