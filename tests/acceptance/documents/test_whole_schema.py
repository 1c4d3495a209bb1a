"""Schemathesis: every operation of /api/schema with good and bad requests, against a real server.

No 5xx, and nothing but what the schema says. The requests are the same in every run; with
SCHEMA_EXAMPLES=500 they are that many per operation, and new ones.
"""

import os
from uuid import UUID

import httpx2
import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.processes.person import Person

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


# How a bad body may be refused: 413 says so of a text that is too long for any body.
REFUSALS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "0"))

schema = schemathesis.openapi.from_dict(
    SchemaGenerator().get_schema(request=None, public=True),
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    ),
)


@pytest.fixture
def visitor(stack):
    """A new member, with one of everything that an address may name."""
    person = Person(stack.url)
    body = {"email": person.email, "password": person.password, "nickname": "Fuzz"}
    with httpx2.Client(base_url=f"{stack.url}/api/v1/") as http:

        def post(path, body):
            answer = http.post(path, json=body)
            assert answer.status_code in {201, 202}, answer.text
            return answer.json()

        tokens = post("auth/signup", body)
        http.headers["Authorization"] = f"Bearer {tokens['access']}"
        begun = post("conversations", {})
        other = post("conversations", {"intake": False})
        reply = post(f"conversations/{other['id']}/replies", {"message": "Hi"})
        shared = post(f"conversations/{begun['id']}/share", {})
        things = {
            "conversation_id": begun["id"],
            "prompt_id": begun["prompts"][0]["id"],
            "reply_id": reply["id"],
            "key_id": post("me/keys", {"name": "fuzz"})["id"],
            "token": shared["token"],
            "response_id": "resp_" + reply["id"].replace("-", ""),
        }
    return {"Authorization": f"Bearer {tokens['access']}"}, things


@schema.parametrize()
@settings(
    max_examples=EXAMPLES or 20,
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_described(case, stack, visitor):
    headers, things = visitor
    for name, value in (case.path_parameters or {}).items():
        if name in things and _could_be_one(value):
            case.path_parameters[name] = things[name]
    # An address may carry parameters that nobody asked for; a body may not.
    checks = [*CHECKS, negative_data_rejection] if case.operation.body else CHECKS
    case.call_and_validate(base_url=stack.url, headers=headers, checks=checks, timeout=30)


def _could_be_one(value):
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False
