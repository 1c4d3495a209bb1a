"""What the OpenAPI schema says of /v1 is what is answered there."""

import copy

import jsonschema
import openai
import pytest
from drf_spectacular.generators import SchemaGenerator
from support.drivers.openai_driver import MODEL, answer, key_of, meanwhile, official_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

ASKED = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def described(schema):
    """Validates an answer; fields that are not described count as wrong."""
    components = copy.deepcopy(schema["components"])
    for component in components["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False

    def check(method, path, answer):
        responses = schema["paths"][path][method]["responses"]
        told = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**told, "components": components})
        validator.validate(answer.json())

    return check


@pytest.fixture
def client(member):
    return official_client(key_of(member))


async def test_answers_are_described(client, described):
    client = client.with_raw_response
    completions, responses = "/v1/chat/completions", "/v1/responses"
    async with meanwhile(answer("Hi!", extra={"response": {"system_fingerprint": "fp"}})):
        described("post", completions, _raw(await client.chat.completions.create(**ASKED)))
    async with meanwhile(answer("Hi!")):
        made = await client.responses.create(model=MODEL, input="Hello", metadata={"a": "b"})
    described("post", responses, _raw(made))
    found = await client.responses.retrieve(made.parse().id)
    described("get", "/v1/responses/{response_id}", _raw(found))
    described("get", "/v1/models", _raw(await client.models.list()))
    described("get", "/v1/models/{model}", _raw(await client.models.retrieve(MODEL)))


async def test_refusals_are_described(client, described):
    for wrong in ({"seed": 5}, {"model": "x"}):
        with pytest.raises(openai.APIStatusError) as caught:
            await client.chat.completions.create(**ASKED | wrong)
        described("post", "/v1/chat/completions", caught.value.response)
    with pytest.raises(openai.NotFoundError) as caught:
        await client.responses.retrieve("resp_x")
    described("get", "/v1/responses/{response_id}", caught.value.response)


def _raw(response):
    return response.http_response
