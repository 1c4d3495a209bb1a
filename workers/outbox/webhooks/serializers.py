"""The shapes of webhooks."""

from typing import Any

from rest_framework import serializers

from api.serializers import StrictSerializer, TextField
from workers.models import Webhook

from . import targets


class WebhookInput(StrictSerializer):
    url = TextField(max_length=targets.MAX_CHARS)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    disabled_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing is sent: the receiver answered 410 Gone."
    )

    class Meta:
        model = Webhook
        fields = ["id", "url", "created_at", "disabled_at"]


class NewWebhookSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    secret = serializers.CharField(help_text="`whsec_…`; shown this once.")
    created_at = serializers.DateTimeField()
