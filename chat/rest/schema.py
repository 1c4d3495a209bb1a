"""The shapes of the chat's resources, for the OpenAPI document alone.

They are rendered by chat/resources/render.py; tests/chat/resources/test_render.py compares the two.
"""

from typing import Any

from rest_framework import serializers

from api.serializers import DescribesOnly
from chat import model_parameters
from chat.models import ChatConfig, Choice, Prompt, PromptKind
from chat.states import ReplyStatus


class Shape(DescribesOnly, serializers.Serializer[Any]):
    pass  # a docstring would be inherited, and stand in the document


class ConfigSerializer(DescribesOnly, serializers.ModelSerializer[ChatConfig]):
    class Meta:
        model = ChatConfig
        fields = model_parameters.IN_API_NAMES


class ChoiceSerializer(DescribesOnly, serializers.ModelSerializer[Choice]):
    class Meta:
        model = Choice
        fields = ["id", "index", "role", "content", "finish_reason"]


class UsageSerializer(Shape):
    prompt_tokens = serializers.IntegerField(allow_null=True)
    completion_tokens = serializers.IntegerField(allow_null=True)
    total_tokens = serializers.IntegerField(allow_null=True)


class ErrorSerializer(Shape):
    code = serializers.CharField(help_text="One of docs/errors.md.")
    detail = serializers.CharField()
    retryable = serializers.BooleanField()
    refunded = serializers.BooleanField()


class ReplySerializer(Shape):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    prompt = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ReplyStatus.choices)
    attempt = serializers.IntegerField()
    queue_position = serializers.IntegerField(
        allow_null=True,
        read_only=True,
        help_text="1 for the next in line; null unless waiting for a worker.",
    )
    retry_at = serializers.DateTimeField(allow_null=True)
    config = ConfigSerializer()
    choices = ChoiceSerializer(many=True, help_text="Empty until the end.")
    usage = UsageSerializer(allow_null=True, read_only=True)
    error = ErrorSerializer(allow_null=True, read_only=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class StreamedEventSerializer(Shape):
    """One Server-Sent Event."""

    id = serializers.CharField(help_text="For `Last-Event-ID`.")
    event = serializers.ChoiceField(choices=["reply.snapshot", "reply.delta", "reply.updated"])
    data = serializers.CharField(  # type: ignore[assignment]  # a serializer has a `data` too
        help_text="A frame of docs/protocol.md, as JSON."
    )


class PromptSerializer(DescribesOnly, serializers.ModelSerializer[Prompt]):
    kind = serializers.ChoiceField(choices=PromptKind.choices)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # DRF's Field has a `parent` too
        allow_null=True
    )

    class Meta:
        model = Prompt
        fields = ["id", "kind", "prompt", "answer", "parent", "position"]


class LastReplySerializer(Shape):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ReplyStatus.choices)


class ConversationFields(Shape):
    id = serializers.UUIDField()
    title = serializers.CharField()
    config = ConfigSerializer()
    pinned = serializers.BooleanField()
    archived = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SummarySerializer(ConversationFields):
    last_reply = LastReplySerializer(allow_null=True)


class ConversationSerializer(ConversationFields):
    prompts = PromptSerializer(many=True, read_only=True)
    replies = ReplySerializer(many=True)


class ShareSerializer(Shape):
    token = serializers.CharField()
    url = serializers.URLField(help_text="The client's page, for whoever has the link.")


class SharedConfigSerializer(DescribesOnly, serializers.ModelSerializer[ChatConfig]):
    """Without `system`: what a member tells the model in confidence is not part of the talk."""

    class Meta:
        model = ChatConfig
        fields = model_parameters.SHARED_NAMES


class SharedReplySerializer(Shape):
    """Without what concerns the member and the engine: usage, errors, attempts, the queue."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    prompt = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ReplyStatus.choices)
    config = SharedConfigSerializer()
    choices = ChoiceSerializer(many=True, help_text="Empty until the end.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class SharedConversationSerializer(ConversationSerializer):
    # How the member keeps order is nobody else's business.
    pinned = None  # type: ignore[assignment]
    archived = None  # type: ignore[assignment]
    config = SharedConfigSerializer()  # type: ignore[assignment]
    replies = SharedReplySerializer(many=True)  # type: ignore[assignment]


class QuotaSerializer(Shape):
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    remaining = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class ModelSerializer(Shape):
    id = serializers.CharField()


class RangeSerializer(Shape):
    min = serializers.IntegerField()
    max = serializers.IntegerField()


class BoundsSerializer(Shape):
    message_chars = RangeSerializer()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        ranges = {parameter.name: RangeSerializer() for parameter in model_parameters.BOUNDED}
        return {**ranges, **super().get_fields()}


class ModelsSerializer(Shape):
    default = serializers.CharField()
    models = ModelSerializer(many=True)
    bounds = BoundsSerializer()
    demo = serializers.BooleanField(help_text="The built-in demo model answers.")


class ExchangeSerializer(Shape):
    request = serializers.DictField()
    response = serializers.DictField(allow_null=True)
