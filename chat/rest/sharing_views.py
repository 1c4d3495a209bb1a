"""Views that give a conversation away: by a link, to whoever has it, and as a file."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.credentials.authentication import member_of
from api.problems import answers, missing
from chat.conversations import export as exporting
from chat.conversations import sharing
from chat.models import Conversation
from chat.resources import queries, render

from . import openapi_parameters as params
from . import request_headers
from .schema import ConversationSerializer, SharedConversationSerializer, ShareSerializer


class ShareView(APIView):
    @answers(missing(Conversation))
    @extend_schema(
        operation_id="share_conversation", request=None, responses={201: ShareSerializer}
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Let whoever has the link read a conversation, also what is said later.

        One that is shared keeps its link.
        """
        token = sharing.share(member=member_of(request), conversation_id=conversation_id)
        url = sharing.url(token, server=request.build_absolute_uri("/").removesuffix("/"))
        return Response(render.share(token=token, url=url), status=status.HTTP_201_CREATED)

    @answers(missing(Conversation))
    @extend_schema(operation_id="unshare_conversation", responses={204: None})
    def delete(self, request: Request, conversation_id: UUID) -> Response:
        """End the sharing: the link leads nowhere from now on."""
        sharing.unshare(member=member_of(request), conversation_id=conversation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SharedView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @answers(missing(Conversation))
    @extend_schema(
        operation_id="get_shared_conversation", responses={200: SharedConversationSerializer}
    )
    def get(self, request: Request, token: str) -> Response:
        """A conversation that somebody shared, without who, and without the system text."""
        conversation = queries.shared(token)
        # It can be taken back, so nobody may keep it; and it is for people who got the link.
        headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        return Response(render.shared_conversation(conversation), headers=headers)


class ExportView(APIView):
    @answers(missing(Conversation))
    @extend_schema(
        operation_id="export_conversation",
        parameters=[params.FORMAT, params.DISPOSITION],
        responses={
            (200, "application/json"): ConversationSerializer,
            (200, "text/markdown"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Download a conversation: as JSON the whole tree, as Markdown its latest branch.

        The headings of the Markdown are Korean or English, as `Accept-Language` says.
        """
        conversation = queries.get_conversation(
            member=member_of(request), conversation_id=conversation_id
        )
        wanted = request_headers.export_format(request)
        export = exporting.EXPORTS[wanted](conversation, request_headers.language(request))
        disposition = exporting.attachment(conversation.title, wanted)
        return HttpResponse(
            export.content,
            content_type=export.content_type,
            headers={"Content-Disposition": disposition},
        )
