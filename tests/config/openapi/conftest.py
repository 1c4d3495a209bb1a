"""The OpenAPI schema, and answers that are held against it."""

import copy

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

# Headers that tell of a wait, or of a reply that has not ended.
ONLY_SOMETIMES = {"Preference-Applied", "Retry-After"}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def check(schema):
    """Validates a real answer against the schema; unknown fields and formats count too."""
    components = copy.deepcopy(schema["components"])
    for component in components["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False

    described_operations = {
        operation["operationId"]: operation
        for methods in schema["paths"].values()
        for operation in methods.values()
    }

    def validate(answer, operation_id, status):
        assert answer.status_code == status, answer.content
        operation = described_operations[operation_id]
        described = operation["responses"][str(status)]
        for name in described.get("headers", {}).keys() - ONLY_SOMETIMES:
            assert name in answer, name
        if "content" not in described:
            assert answer.content == b""
            return None
        told = described["content"][answer["Content-Type"]]["schema"]
        validator = jsonschema.Draft202012Validator(
            {**told, "components": components},
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )
        validator.validate(answer.json())
        return answer.json()

    return validate
