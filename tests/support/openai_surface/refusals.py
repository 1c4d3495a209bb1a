"""How requests of the OpenAI surface are refused before anything is done: a field and a code."""

import pytest

from api.errors import FieldError
from chat.openai_surface.requests import parsed_request
from support.drivers.openai_driver import COMPLETION, RESPONSE


def refusal(read, body):
    with pytest.raises(FieldError) as caught:
        read(body)
    assert str(caught.value)
    return caught.value.field, caught.value.code


def completion_refusal(**fields):
    return refusal(parsed_request.of_completion, COMPLETION | fields)


def response_refusal(**fields):
    return refusal(parsed_request.of_response, RESPONSE | fields)
