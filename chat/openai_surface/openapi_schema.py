"""What the OpenAPI schema says of `/v1`: the shapes are OpenAI's, and told here in short.

Requests are read by requests/parsed_request.py, which names wrong fields in OpenAI's way.
"""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from api.serializers import DescribesOnly
from chat.model_parameters import PARAMETERS, Kind, Parameter


class Shape(DescribesOnly, serializers.Serializer[Any]):
    pass  # a docstring would be inherited, and stand in the document


@extend_schema_serializer(component_name="OpenAIModel")
class Model(Shape):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["model"])
    created = serializers.IntegerField(help_text="When it was last seen; 0: not known.")
    owned_by = serializers.CharField()


@extend_schema_serializer(component_name="OpenAIModelList")
class ModelList(Shape):
    object = serializers.ChoiceField(choices=["list"])
    data = Model(many=True)  # type: ignore[assignment]  # DRF's Serializer has `data` too


@extend_schema_serializer(component_name="OpenAIMessage")
class Message(Shape):
    role = serializers.ChoiceField(choices=["system", "developer", "user", "assistant"])
    content = serializers.JSONField(help_text="A text, or an array of text parts.")


def _taken(
    names_of: Callable[[Parameter], tuple[str, ...]],
) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """The parameters of the model, under the names that they have there."""
    return {name: _field(parameter) for parameter in PARAMETERS for name in names_of(parameter)}


def _field(parameter: Parameter) -> serializers.Field[Any, Any, Any, Any]:
    if parameter.name == "model":
        return serializers.CharField()
    common: dict[str, Any] = {"required": False, "allow_null": True}
    numeric: dict[str, Any] = {
        "min_value": parameter.least,
        "max_value": parameter.highest,
        **common,
    }
    match parameter.kind:
        case Kind.TEXT:
            return serializers.CharField(**common)
        case Kind.NUMBER:
            return serializers.FloatField(**numeric)
        case Kind.INTEGER:
            return serializers.IntegerField(**numeric)
        case Kind.FLAG:
            return serializers.BooleanField(**common)


@extend_schema_serializer(component_name="OpenAIStreamOptions")
class StreamOptions(Shape):
    include_usage = serializers.BooleanField(required=False)


@extend_schema_serializer(component_name="OpenAICompletionInput")
class CompletionInput(Shape):
    messages = Message(many=True)
    stream_options = StreamOptions(required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return _taken(lambda parameter: parameter.completion_names) | super().get_fields()


@extend_schema_serializer(component_name="OpenAIResponseInput")
class ResponseInput(Shape):
    input = serializers.JSONField(help_text="A text, or an array of messages.")
    previous_response_id = serializers.CharField(required=False, allow_null=True)
    background = serializers.BooleanField(required=False, allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField(), required=False)
    truncation = serializers.ChoiceField(
        choices=["auto", "disabled"], required=False, allow_null=True
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return _taken(lambda parameter: parameter.response_names) | super().get_fields()


@extend_schema_serializer(component_name="OpenAIChoice")
class Choice(Shape):
    index = serializers.IntegerField()
    message = serializers.DictField(help_text="`role`, `content` and `refusal`.")
    logprobs = serializers.DictField(allow_null=True)
    finish_reason = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="OpenAICompletion")
class Completion(Shape):
    id = serializers.CharField(help_text="`chatcmpl-` and the reply's id without dashes.")
    object = serializers.ChoiceField(choices=["chat.completion"])
    created = serializers.IntegerField()
    model = serializers.CharField()
    choices = Choice(many=True)
    usage = serializers.DictField(allow_null=True)
    system_fingerprint = serializers.CharField(required=False)
    service_tier = serializers.CharField(required=False)


@extend_schema_serializer(component_name="OpenAIResponse")
class Response(Shape):
    id = serializers.CharField(help_text="`resp_` and the reply's id without dashes.")
    object = serializers.ChoiceField(choices=["response"])
    created_at = serializers.IntegerField()
    completed_at = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(
        choices=["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
    )
    background = serializers.BooleanField()
    error = serializers.DictField(allow_null=True)
    incomplete_details = serializers.DictField(allow_null=True)
    instructions = serializers.CharField(allow_null=True)
    max_output_tokens = serializers.IntegerField(allow_null=True)
    max_tool_calls = serializers.IntegerField(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField())
    model = serializers.CharField()
    output = serializers.ListField(child=serializers.DictField())
    parallel_tool_calls = serializers.BooleanField()
    previous_response_id = serializers.CharField(allow_null=True)
    prompt_cache_key = serializers.CharField(allow_null=True)
    reasoning = serializers.DictField()
    safety_identifier = serializers.CharField(allow_null=True)
    service_tier = serializers.CharField(allow_null=True)
    store = serializers.BooleanField()
    temperature = serializers.FloatField(allow_null=True)
    text = serializers.DictField()
    tool_choice = serializers.CharField()
    tools = serializers.ListField(child=serializers.DictField())
    top_logprobs = serializers.IntegerField()
    top_p = serializers.FloatField(allow_null=True)
    truncation = serializers.ChoiceField(choices=["auto", "disabled"])
    usage = serializers.DictField(allow_null=True)
    user = serializers.CharField(allow_null=True)


class ErrorBody(Shape):
    message = serializers.CharField()
    type = serializers.CharField()
    param = serializers.CharField(allow_null=True)
    code = serializers.CharField(help_text="One of docs/errors.md, or of OpenAI's.")


@extend_schema_serializer(component_name="OpenAIError")
class Error(Shape):
    error = ErrorBody()
