"""Requests refused as a whole, whatever their fields say: bodies, content types, tokens, ids."""

import itertools
import json

import pytest
from rest_framework.test import APIClient
from support.refusals import refused
from support.sending import send
from support.writing_endpoints import ENDPOINTS, OPEN, SHOWING_TOKENS, each, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@each(*(name for name in ENDPOINTS if name not in {"login", *SHOWING_TOKENS}))
def test_without_a_mistake_the_body_is_taken(api, places, endpoint):
    """Without this, the refusals below could have any reason."""
    method, path, body = ENDPOINTS[endpoint]

    answer = send(api, method, path.format(**places), body)

    assert answer.status_code < 300, answer.content


# The body as a whole

MALFORMED = {
    "cut": b'{"message": "Hel',
    "empty braces": b"{,}",
    "single quotes": b"{'message': 'x'}",
    "trailing comma": b'{"message": "x",}',
    "trailing garbage": b'{"message": "x"} x',
    "two values": b'{"message": "x"}{}',
    "no json": b"message=x",
    "blank": b"   ",
    "invalid utf-8": b'{"message": "\xff\xfe"}',
    "utf-16": '{"message": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"message": "x"}',
    "nan": b'{"message": NaN}',
    "infinity": b'{"message": -Infinity}',
    "control character": b'{"message": "a\nb"}',
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "long number": b'{"message": ' + b"9" * 5000 + b"}",
}


@each()
def test_malformed_json_is_refused(subtests, refuse, endpoint):
    for name, body in MALFORMED.items():
        with subtests.test(name):
            refuse(endpoint, body, code="parse_error")


@each()
def test_json_that_is_no_object_is_refused(subtests, refuse, endpoint):
    for body in (b"[]", b"[{}]", b'"text"', b"5", b"0", b"true", b"false", b"null", b'""'):
        with subtests.test(body=body):
            assert refuse(endpoint, body)["errors"]


@each()
def test_a_body_over_a_megabyte_is_too_large(refuse, endpoint):
    body = json.dumps({"padding": "x" * 1_000_000}).encode()

    refuse(endpoint, body, status=413, code="body_too_large")


FORM = "application/x-www-form-urlencoded"


@each()
def test_another_content_type_is_not_supported(subtests, api, places, endpoint):
    method, path, body = ENDPOINTS[endpoint]
    before = rows()

    for given in (FORM, "multipart/form-data; boundary=x", "text/plain", "application/jsonp", "x"):
        with subtests.test(content_type=given):
            raw = json.dumps(body).encode()
            answer = api.generic(method, path.format(**places), raw, content_type=given)
            refused(answer, 415, "unsupported_media_type")
            assert rows() == before


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_whatever_the_parameters(api, content_type):
    answer = api.generic("POST", "/api/v1/conversations", b"{}", content_type=content_type)

    assert answer.status_code == 201


@each()
def test_another_method_is_not_allowed(subtests, api, places, endpoint):
    path = ENDPOINTS[endpoint][1].format(**places)

    for method in ("PUT", "TRACE", "MADE-UP"):
        with subtests.test(method):
            answer = api.generic(method, path)
            refused(answer, 405, "method_not_allowed")
            assert ENDPOINTS[endpoint][0] in answer["Allow"]


# Who, and where


@each(*(name for name in ENDPOINTS if name not in OPEN))
@pytest.mark.parametrize("authorization", [None, "Bearer nonsense"])
def test_without_a_good_token_the_body_is_not_looked_at(places, endpoint, authorization):
    method, path, _ = ENDPOINTS[endpoint]
    headers = {"Authorization": authorization} if authorization else {}
    code = "token_invalid" if authorization else "not_authenticated"

    answer = send(APIClient(), method, path.format(**places), b"{", headers=headers)

    refused(answer, 401, code)


@pytest.mark.parametrize("endpoint", ["conversation", "prompts", "replies", "regenerate"])
def test_an_id_that_is_no_uuid_is_not_found(subtests, api, places, endpoint):
    method, path, body = ENDPOINTS[endpoint]
    names = [name for name in places if f"{{{name}}}" in path]

    for name, wrong in itertools.product(names, ("x", "5", "None", "%F0%9F%98%80", "a" * 2000)):
        with subtests.test(name, wrong=wrong[:10]):
            answer = send(api, method, path.format(**places | {name: wrong}), body)
            refused(answer, 404, "not_found")
