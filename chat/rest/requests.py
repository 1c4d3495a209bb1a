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
from chat import model_parameters
from chat.model_parameters import Kind, Parameter


def message_field(**kwargs: Any) -> TextField:
    return TextField(max_length=settings.CHAT_MESSAGE_MAX_CHARS, **kwargs)


class ConfigInput(StrictSerializer):
    """Fields that are left out keep their value; null means "not sent"."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {parameter.name: _field(parameter) for parameter in model_parameters.IN_API}


def _field(parameter: Parameter) -> serializers.Field[Any, Any, Any, Any]:
    common: dict[str, Any] = {"required": False, "allow_null": parameter.nullable}
    numeric: dict[str, Any] = {
        "min_value": parameter.least,
        "max_value": parameter.highest,
        **common,
    }
    match parameter.kind:
        case Kind.TEXT:
            return TextField(max_length=parameter.highest, **common)
        case Kind.NUMBER:
            return StrictFloatField(**numeric)
        case Kind.INTEGER:
            return StrictIntegerField(**numeric)
        case Kind.FLAG:
            return StrictBooleanField(**common)


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
