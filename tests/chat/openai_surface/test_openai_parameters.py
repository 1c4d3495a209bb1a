"""Parameters of a request: taken, or refused by name, never ignored in silence."""

import typing

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from support.drivers.openai_driver import COMPLETION, RESPONSE, USER
from support.openai_surface.refusals import completion_refusal, refusal, response_refusal

from api.parsers import RepetitiveObject
from chat.openai_surface.requests import parameters, parsed_request


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
