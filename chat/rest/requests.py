"""The shapes of the bodies that the chat's requests may have."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from api.serializers import (
    StrictBooleanField,
    StrictFloatField,
    StrictIntegerField,
    StrictSerializer,
    TextField,
)


def message_field(**kwargs: Any) -> TextField:
    return TextField(max_length=settings.CHAT_MESSAGE_MAX_CHARS, **kwargs)


class ConfigInput(StrictSerializer):
    """Fields that are left out keep their value; null means "not sent"."""

    model = TextField(max_length=200, required=False)
    temperature = StrictFloatField(min_value=0, max_value=2, required=False, allow_null=True)
    stream = StrictBooleanField(required=False)
    max_tokens = StrictIntegerField(
        min_value=1, max_value=settings.CHAT_MAX_TOKENS, required=False, allow_null=True
    )
    n = StrictIntegerField(min_value=1, max_value=4, required=False, allow_null=True)
    system = message_field(required=False, allow_null=True)


class ConversationInput(StrictSerializer):
    intake = StrictBooleanField(default=True)
    title = TextField(max_length=200, required=False)
    config = ConfigInput(required=False)


class ConversationChange(StrictSerializer):
    """What is left out stays as it is; so it is within `config`."""

    title = TextField(max_length=200, required=False)
    pinned = StrictBooleanField(required=False)
    archived = StrictBooleanField(required=False)
    config = ConfigInput(required=False, help_text="For the replies that follow.")


class AnswerInput(StrictSerializer):
    answer = message_field()


class ReplyInput(StrictSerializer):
    message = message_field(required=False)
    after = serializers.UUIDField(required=False, allow_null=True)
    config = ConfigInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "after" in attrs and "message" not in attrs:
            raise serializers.ValidationError({"after": ["This needs a message that follows it."]})
        return attrs


class RegenerateInput(StrictSerializer):
    config = ConfigInput(required=False)
