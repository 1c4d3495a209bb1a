"""What a request asks for, and how what is not supported is refused: by name, never in silence."""

import typing

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from support.drivers.openai_driver import COMPLETION, RESPONSE, USER

from api.errors import FieldError
from api.parsers import RepetitiveObject
from chat.openai_surface.requests import parameters, parsed_request


def refusal(read, body):
    with pytest.raises(FieldError) as caught:
        read(body)
    assert str(caught.value)
    return caught.value.field, caught.value.code


def completion_refusal(**fields):
    return refusal(parsed_request.of_completion, COMPLETION | fields)


def response_refusal(**fields):
    return refusal(parsed_request.of_response, RESPONSE | fields)


@pytest.mark.parametrize(
    ("params", "supported", "unsupported"),
    [
        (
            CompletionCreateParamsNonStreaming,
            parameters.COMPLETION,
            parameters.NOT_OF_COMPLETIONS,
        ),
        (ResponseCreateParamsNonStreaming, parameters.RESPONSE, parameters.NOT_OF_RESPONSES),
    ],
)
def test_each_parameter_that_the_official_client_knows_is_decided_on(
    params, supported, unsupported
):
    known = set(typing.get_type_hints(params))

    assert known == {*supported, *unsupported}
    assert not set(supported) & set(unsupported)


@pytest.mark.parametrize("name", parameters.NOT_OF_COMPLETIONS)
def test_what_completions_do_not_support_is_refused_by_name(name):
    assert completion_refusal(**{name: "something"}) == (name, "unsupported_parameter")


@pytest.mark.parametrize("name", parameters.NOT_OF_RESPONSES)
def test_what_responses_do_not_support_is_refused_by_name(name):
    assert response_refusal(**{name: "something"}) == (name, "unsupported_parameter")


def test_what_says_nothing_is_taken():
    for name, takes in parameters.NOT_OF_COMPLETIONS.items():
        for value in (None, *takes):
            parsed_request.of_completion(COMPLETION | {name: value})
    for name, takes in parameters.NOT_OF_RESPONSES.items():
        for value in (None, *takes):
            parsed_request.of_response(RESPONSE | {name: value})
    for name in set(parameters.COMPLETION) - {"model", "messages"}:
        parsed_request.of_completion(COMPLETION | {name: None})
    for name in set(parameters.RESPONSE) - {"model", "input"}:
        parsed_request.of_response(RESPONSE | {name: None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_p", 0.5),
        ("top_p", True),
        ("frequency_penalty", False),
        ("logprobs", 0),
        ("logprobs", True),
        ("stop", "\n"),
        ("stop", ["a"]),
        ("tools", [{"type": "function"}]),
        ("response_format", {"type": "json_object"}),
        ("store", True),
        ("seed", 0),
        ("modalities", ["text", "audio"]),
    ],
)
def test_what_looks_like_nothing_but_asks_for_something_is_refused(name, value):
    assert completion_refusal(**{name: value}) == (name, "unsupported_parameter")


def test_a_parameter_that_nobody_knows_is_refused():
    assert completion_refusal(colour="red") == ("colour", "unknown_parameter")
    assert response_refusal(messages=[USER]) == ("messages", "unknown_parameter")
    assert completion_refusal(**{"n\x00l": 1}) == ("n\ufffdl", "unknown_parameter")


def test_a_parameter_that_comes_twice_is_refused():
    body = RepetitiveObject([*COMPLETION.items(), ("n", 1), ("n", 2)])

    assert refusal(parsed_request.of_completion, body) == ("n", "repeated_parameter")


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_body_that_is_no_object_is_refused(body):
    assert refusal(parsed_request.of_completion, body) == ("", "invalid_type")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": 5}, "model", "invalid_type"),
        ({"model": "a\x00"}, "model", "invalid_value"),
        ({"model": "m" * 201}, "model", "string_above_max_length"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": "1"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"temperature": 10**400}, "temperature", "decimal_above_max_value"),
        ({"temperature": float("inf")}, "temperature", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 5}, "n", "integer_above_max_value"),
        ({"n": 1.0}, "n", "invalid_type"),
        ({"n": True}, "n", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": 2**40}, "max_completion_tokens", "integer_above_max_value"),
        (
            {"max_tokens": 5, "max_completion_tokens": 5},
            "max_tokens",
            "invalid_parameter_combination",
        ),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {}}, "stream_options", "invalid_parameter_combination"),
        ({"stream": True, "stream_options": 5}, "stream_options", "invalid_type"),
        (
            {"stream": True, "stream_options": {"include_usage": 1}},
            "stream_options.include_usage",
            "invalid_type",
        ),
        (
            {"stream": True, "stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation",
            "unsupported_parameter",
        ),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter"),
    ],
)
def test_a_bad_value_is_refused_by_name(fields, param, code):
    assert completion_refusal(**fields) == (param, code)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": ""}, "input[0].content", "invalid_value"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type", "unsupported_value"),
        ({"input": [{"type": "function_call"}]}, "input[0].type", "unsupported_value"),
        ({"background": "yes"}, "background", "invalid_type"),
        ({"truncation": "some"}, "truncation", "invalid_value"),
        ({"max_output_tokens": 0}, "max_output_tokens", "integer_below_min_value"),
        ({"previous_response_id": 5}, "previous_response_id", "invalid_type"),
        ({"instructions": ["x"]}, "instructions", "invalid_type"),
        ({"metadata": []}, "metadata", "invalid_type"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"metadata": {"a": "x" * 513}}, "metadata.a", "string_above_max_length"),
        ({"metadata": {"a" * 65: "x"}}, "metadata", "string_above_max_length"),
        ({"metadata": {"n\x00l": "x"}}, "metadata", "invalid_value"),
        (
            {"metadata": {str(number): "x" for number in range(17)}},
            "metadata",
            "object_above_max_properties",
        ),
    ],
)
def test_a_bad_value_of_a_response_is_refused_by_name(fields, param, code):
    assert response_refusal(**fields) == (param, code)


IMAGE = {"type": "image_url", "image_url": {"url": "data:,x"}}


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        (None, "messages", "missing_required_parameter"),
        ("Hello", "messages", "invalid_type"),
        ([], "messages", "empty_array"),
        ([USER] * 2049, "messages", "array_above_max_length"),
        (["x"], "messages[0]", "invalid_type"),
        ([{"content": "x"}], "messages[0].role", "missing_required_parameter"),
        ([{"role": "tool", "content": "x"}, USER], "messages[0].role", "unsupported_value"),
        ([{"role": ["user"], "content": "x"}, USER], "messages[0].role", "unsupported_value"),
        ([{"role": "user"}], "messages[0].content", "missing_required_parameter"),
        ([{"role": "user", "content": 5}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": " \n"}], "messages[0].content", "invalid_value"),
        ([{"role": "user", "content": "a\x00"}], "messages[0].content", "invalid_value"),
        ([{"role": "user", "content": "a\ud800"}], "messages[0].content", "invalid_value"),
        (
            [USER, {"role": "assistant", "content": None, "tool_calls": [{}]}, USER],
            "messages[1].tool_calls",
            "unsupported_parameter",
        ),
        (
            [USER, {"role": "assistant", "content": None}, USER],
            "messages[1].content",
            "missing_required_parameter",
        ),
        ([{**USER, "name": "Mina"}], "messages[0].name", "unsupported_parameter"),
        ([{**USER, "colour": "red"}], "messages[0].colour", "unknown_parameter"),
        ([{**USER, "id": "x"}], "messages[0].id", "unknown_parameter"),
        ([USER, {"role": "assistant", "content": "Hi"}], "messages[1].role", "invalid_value"),
        ([USER, {"role": "system", "content": "Hi"}], "messages[1].role", "invalid_value"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}],
            "messages[0].content[1].type",
            "unsupported_value",
        ),
        (
            [{"role": "user", "content": ["a"]}],
            "messages[0].content[0]",
            "invalid_type",
        ),
        (
            [{"role": "user", "content": [{"type": "text"}]}],
            "messages[0].content[0].text",
            "missing_required_parameter",
        ),
        (
            [{"role": "user", "content": [{"text": "a"}]}],
            "messages[0].content[0].type",
            "missing_required_parameter",
        ),
        ([{"role": "user", "content": []}], "messages[0].content", "invalid_value"),
    ],
)
def test_a_bad_message_is_refused_by_its_place(messages, param, code):
    assert completion_refusal(messages=messages) == (param, code)


def test_a_message_over_the_limit_is_refused_but_not_an_answer(settings):
    long = "가" * (settings.CHAT_MESSAGE_MAX_CHARS + 1)

    for role in ("user", "system", "developer"):
        refused = completion_refusal(messages=[{"role": role, "content": long}, USER])
        assert refused == ("messages[0].content", "string_above_max_length")
    parsed_request.of_completion(
        COMPLETION | {"messages": [USER, {"role": "assistant", "content": long}, USER]}
    )


def test_text_parts_become_one_text():
    parts = [{"type": "text", "text": "One"}, {"type": "text", "text": "two", "annotations": []}]

    parsed = parsed_request.of_completion(
        COMPLETION | {"messages": [{"role": "user", "content": parts}]}
    )

    assert parsed.messages == [{"role": "user", "content": "One\ntwo"}]


def test_an_output_item_of_a_response_may_be_sent_back_as_it_came():
    item = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}],
    }
    given = [USER, item, {"role": "user", "content": [{"type": "input_text", "text": "And?"}]}]

    parsed = parsed_request.of_response(RESPONSE | {"input": given})

    assert [message["content"] for message in parsed.messages] == ["Hello", "Hi", "And?"]


def test_a_message_of_a_completion_may_be_sent_back_as_it_came():
    message = {"role": "assistant", "content": "Hi", "refusal": None, "annotations": []}

    parsed = parsed_request.of_completion(COMPLETION | {"messages": [USER, message, USER]})

    assert parsed.messages[1] == {"role": "assistant", "content": "Hi"}


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_first_system_message_is_the_system_text_under_its_own_role(role):
    system = {"role": role, "content": "Be kind."}

    parsed = parsed_request.of_completion(COMPLETION | {"messages": [system, system, USER]})

    assert (parsed.config["system_role"], parsed.config["system"]) == (role, "Be kind.")
    assert parsed.messages == [system, USER]


def test_of_a_response_only_its_instructions_are_the_system_text():
    system = {"role": "system", "content": "Be kind."}
    parsed = parsed_request.of_response(
        RESPONSE | {"input": [system, USER], "instructions": "Be brief."}
    )

    assert parsed.config["system"] == "Be brief."
    assert parsed.messages == [system, USER]
    assert parsed_request.of_response(RESPONSE | {"input": [system, USER]}).config["system"] is None


def test_the_bound_of_tokens_has_two_names():
    assert parsed_request.of_completion(COMPLETION | {"max_tokens": 5}).config["max_tokens"] == 5
    newer = parsed_request.of_completion(COMPLETION | {"max_completion_tokens": 6})
    assert newer.config["max_tokens"] == 6
    assert parsed_request.of_response(RESPONSE | {"max_output_tokens": 7}).config["max_tokens"] == 7


def test_what_was_left_out_is_not_inherited():
    config = parsed_request.of_completion(COMPLETION).config

    assert config == {
        "model": "m",
        "temperature": None,
        "stream": False,
        "max_tokens": None,
        "n": None,
        "system": None,
        "system_role": "system",
    }
