"""`/api/v1/conversations…`: beginning, listing, changing and deleting conversations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.credentials.authentication import member_of
from api import threads
from api.pagination import Keyset, page_of
from api.problems import answers, missing, problem
from api.views import AsyncView
from chat.conversations import conversations, intake
from chat.conversations.conversations import Beginning
from chat.conversations.intake import PromptInUse
from chat.models import Conversation, Prompt
from chat.replies import conversation_deletion
from chat.resources import queries, render

from . import openapi_parameters as params
from . import request_headers
from .requests import AnswerInput, ConversationChange, ConversationInput
from .schema import ConversationSerializer, PromptSerializer, SummarySerializer


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _moment(value: str) -> object:
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError(value)
    return moment


# Of the list: pinned ones first, then newest first.
LIST_ORDER: Keyset[Conversation] = Keyset({"pinned": _flag, "active_at": _moment, "id": UUID})


class ConversationsView(APIView):
    @extend_schema(
        operation_id="list_conversations",
        parameters=params.CONVERSATIONS,
        responses={200: page_of(SummarySerializer)},
    )
    def get(self, request: Request) -> Response:
        """Your conversations: pinned ones first, then newest first."""
        page = LIST_ORDER.page(
            queryset=queries.summaries(
                member=member_of(request),
                archived=request_headers.archived(request),
                text=request_headers.query(request),
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
        beginning = Beginning(language=request_headers.language(request), **body.validated_data)
        conversation = conversations.begin(member=member_of(request), beginning=beginning)
        response = _whole(request, conversation.id)
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = f"/api/v1/conversations/{conversation.id}"
        return response


class ConversationView(AsyncView):
    """Deleting waits for the worker that is to stop, and so is asynchronous: then all must be."""

    @answers(missing(Conversation))
    @extend_schema(operation_id="get_conversation", responses={200: ConversationSerializer})
    async def get(self, request: Request, conversation_id: UUID) -> Response:
        """A conversation with all its prompts and replies."""
        return await threads.run(_whole, request, conversation_id)

    @answers(missing(Conversation))
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

    @answers(missing(Conversation))
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
    @answers(missing(Conversation))
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
    @answers(missing(Conversation, Prompt), problem("A reply used the answer", PromptInUse))
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
        return Response(render.prompt(prompt))


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
    conversation = queries.get_conversation(
        member=member_of(request), conversation_id=conversation_id
    )
    return Response(render.conversation(conversation))


def _summaries(rows: Sequence[Conversation]) -> list[Any]:
    return [render.summary(row) for row in rows]
