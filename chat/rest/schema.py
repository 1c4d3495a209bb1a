"""The shapes of the chat's resources, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chat.limits import queue
from chat.models import ChatConfig, Choice, Conversation, Prompt, PromptKind, Reply
from chat.states import ReplyStatus


class ConfigSerializer(serializers.ModelSerializer[ChatConfig]):
    class Meta:
        model = ChatConfig
        fields = ["model", "temperature", "stream", "max_tokens", "n", "system"]


class ChoiceSerializer(serializers.ModelSerializer[Choice]):
    class Meta:
        model = Choice
        fields = ["id", "index", "role", "content", "finish_reason"]


class UsageSerializer(serializers.Serializer[Reply]):
    prompt_tokens = serializers.IntegerField(allow_null=True)
    completion_tokens = serializers.IntegerField(allow_null=True)
    total_tokens = serializers.IntegerField(allow_null=True)


class ErrorSerializer(serializers.Serializer[Reply]):
    code = serializers.CharField(source="error_code", help_text="One of docs/errors.md.")
    detail = serializers.CharField(source="error_detail")
    retryable = serializers.BooleanField(source="error_retryable")
    refunded = serializers.BooleanField()


class ReplySerializer(serializers.Serializer[Reply]):
    """Expects `config` loaded and `choices` prefetched in the order of their index."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField(source="conversation_id")
    prompt = serializers.UUIDField(source="prompt_id")
    status = serializers.ChoiceField(choices=ReplyStatus.choices)
    attempt = serializers.IntegerField()
    queue_position = serializers.SerializerMethodField(
        help_text="1 for the next in line; null unless waiting for a worker."
    )
    retry_at = serializers.DateTimeField(allow_null=True)
    config = ConfigSerializer()
    choices = ChoiceSerializer(many=True, help_text="Empty until the end.")
    usage = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_queue_position(self, reply: Reply) -> int | None:
        return queue.position(reply)

    @extend_schema_field(UsageSerializer(allow_null=True))
    def get_usage(self, reply: Reply) -> dict[str, Any] | None:
        usage = UsageSerializer(reply).data
        return usage if any(count is not None for count in usage.values()) else None

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, reply: Reply) -> dict[str, Any] | None:
        ended = reply.status in (ReplyStatus.FAILED, ReplyStatus.CANCELLED)
        return ErrorSerializer(reply).data if ended else None


class StreamedEventSerializer(serializers.Serializer[Any]):
    """One Server-Sent Event."""

    id = serializers.CharField(help_text="For `Last-Event-ID`.")
    event = serializers.ChoiceField(choices=["reply.snapshot", "reply.delta", "reply.updated"])
    data = serializers.CharField(  # type: ignore[assignment]  # a serializer has a `data` too
        help_text="A frame of docs/protocol.md, as JSON."
    )


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    kind = serializers.ChoiceField(choices=PromptKind.choices)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # DRF's Field has a `parent` too
        source="parent_id", allow_null=True
    )

    class Meta:
        model = Prompt
        fields = ["id", "kind", "prompt", "answer", "parent", "position"]


class LastReplySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ReplyStatus.choices)


class ConversationFields(serializers.Serializer[Conversation]):
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
    prompts = serializers.SerializerMethodField()
    replies = ReplySerializer(many=True)

    @extend_schema_field(PromptSerializer(many=True))
    def get_prompts(self, conversation: Conversation) -> Any:
        prompts = sorted(conversation.prompts.all(), key=lambda prompt: prompt.position)
        return PromptSerializer(prompts, many=True).data


class ShareSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()
    url = serializers.URLField(help_text="The client's page, for whoever has the link.")


class SharedConfigSerializer(serializers.ModelSerializer[ChatConfig]):
    """Without `system`: what a member tells the model in confidence is not part of the talk."""

    class Meta:
        model = ChatConfig
        fields = ["model", "temperature", "stream", "max_tokens", "n"]


class SharedReplySerializer(serializers.Serializer[Reply]):
    """Without what concerns the member and the engine: usage, errors, attempts, the queue."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField(source="conversation_id")
    prompt = serializers.UUIDField(source="prompt_id")
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


class QuotaSerializer(serializers.Serializer[Any]):
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    remaining = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class ModelSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()


class RangeSerializer(serializers.Serializer[Any]):
    min = serializers.IntegerField()
    max = serializers.IntegerField()


class BoundsSerializer(serializers.Serializer[Any]):
    temperature = RangeSerializer()
    max_tokens = RangeSerializer()
    n = RangeSerializer()
    message_chars = RangeSerializer()


class ModelsSerializer(serializers.Serializer[Any]):
    default = serializers.CharField()
    models = ModelSerializer(many=True)
    bounds = BoundsSerializer()
    demo = serializers.BooleanField(help_text="The built-in demo model answers.")


class ExchangeSerializer(serializers.Serializer[Any]):
    request = serializers.DictField()
    response = serializers.DictField(allow_null=True)
