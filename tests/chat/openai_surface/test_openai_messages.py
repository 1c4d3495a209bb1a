"""Messages of a request: read as texts, or refused by their place."""

import pytest
from support.drivers.openai_driver import COMPLETION, RESPONSE, USER
from support.openai_surface.refusals import completion_refusal

from chat.openai_surface.requests import parsed_request

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
