"""`GET me/export`: everything that is kept of a member, as one JSON file.

Here, because it asks every part of the house. It is written as it is read, one conversation at a
time, so a long history takes no more memory than its longest conversation.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.credentials.authentication import credential_of
from accounts.models import Member
from accounts.serializers import KeySerializer, MemberSerializer, SessionSerializer
from api import threads
from api.renderers import to_json
from api.views import AsyncView
from chat.models import Conversation
from chat.resources import queries, render
from chat.rest.schema import ConversationSerializer
from workers.models import Webhook
from workers.outbox.webhooks.serializers import WebhookSerializer


class ExportSerializer(serializers.Serializer[Any]):
    """Without secrets: of a password, a key or a webhook only that it is there."""

    exported_at = serializers.DateTimeField()
    member = MemberSerializer()
    sessions = SessionSerializer(many=True)
    keys = KeySerializer(many=True)
    webhooks = WebhookSerializer(many=True)
    conversations = ConversationSerializer(many=True, help_text="Deleted ones too.")


class DataExportView(AsyncView):
    @extend_schema(operation_id="export_me", responses={200: ExportSerializer})
    async def get(self, request: Request) -> StreamingHttpResponse:
        """Download everything that is kept of you."""
        credential = credential_of(request)
        beginning = await threads.run(_beginning, credential.member, credential.id)
        ids = await threads.run(_conversations, credential.member)
        name = f"malgil-{timezone.now():%Y-%m-%d}.json"
        return StreamingHttpResponse(
            _written(beginning, ids),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


async def _written(beginning: bytes, conversations: list[UUID]) -> AsyncIterator[bytes]:
    yield beginning.removesuffix(b"}") + b',"conversations":['
    before = b""
    for conversation in conversations:
        if (text := await threads.run(_conversation, conversation)) is not None:
            yield before + text
            before = b","
    yield b"]}"


def _beginning(member: Member, credential: UUID) -> bytes:
    sessions = member.sessions.order_by("id")
    return to_json(
        {
            "exported_at": timezone.now(),
            "member": MemberSerializer(member).data,
            "sessions": SessionSerializer(
                sessions, many=True, context={"current": credential}
            ).data,
            "keys": KeySerializer(member.keys.order_by("id"), many=True).data,
            "webhooks": WebhookSerializer(
                Webhook.objects.filter(member=member).order_by("id"), many=True
            ).data,
        }
    )


def _conversations(member: Member) -> list[UUID]:
    return list(
        Conversation.objects.filter(member=member).order_by("id").values_list("id", flat=True)
    )


def _conversation(conversation_id: UUID) -> bytes | None:
    """None when it was erased since."""
    found = queries.all_including_deleted().filter(id=conversation_id).first()
    return None if found is None else to_json(render.conversation(found))
