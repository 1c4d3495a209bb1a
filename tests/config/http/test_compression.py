"""JSON is compressed where that saves something, and never beside a secret."""

import asyncio
import gzip
import json
import re

import pytest
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from support.talking import ask, begin, complete

from config.http.compression import Compression

LARGE = json.dumps({"choices": [{"content": "words that come again " * 200}]}).encode()
PATH = "/api/v1/conversations/1"

# What a secret is called, and what is called so and is none.
SECRET = re.compile(r"token|secret|key|ticket|access|refresh|password|cookie|credential")
NO_SECRETS = {
    *("max_tokens", "prompt_tokens", "completion_tokens", "total_tokens"),
    *("max_output_tokens", "prompt_cache_key"),
}
# Besides: what stands beside secrets, small and private as they are, and the probes.
UNCOMPRESSED = ("/api/v1/auth/", "/api/v1/me/", "/healthz", "/readyz")


def answered(response, path=PATH, method="GET", accepts="gzip"):
    request = RequestFactory(headers={"Accept-Encoding": accepts}).generic(method, path)
    return Compression(lambda request: response)(request)


def large(content_type="application/json", **headers):
    return HttpResponse(LARGE, content_type=content_type, headers=headers)


def test_a_large_answer_is_compressed_and_says_so():
    answer = answered(large(**{"Content-Length": str(len(LARGE)), "ETag": '"1"', "Vary": "origin"}))

    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == LARGE
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Vary"] == "origin, Accept-Encoding"
    assert answer["ETag"] == 'W/"1"'


def test_a_weak_etag_stays():
    assert answered(large(ETag='W/"1"'))["ETag"] == 'W/"1"'


@pytest.mark.parametrize("accepts", ["", "gzip;q=0", "identity", "*", "br", "gzip;q=x"])
def test_who_does_not_take_gzip_gets_it_as_it_is(accepts):
    answer = answered(large(ETag='"1"'), accepts=accepts)

    assert "Content-Encoding" not in answer
    assert answer.content == LARGE
    # A cache must know that others may get something else.
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["ETag"] == '"1"'


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(b"{}" + b" " * 1021, content_type="application/json"),
        HttpResponse(status=204),
        HttpResponse(status=304, headers={"ETag": '"1"'}),
        StreamingHttpResponse([LARGE], content_type="application/json"),
        StreamingHttpResponse([b"data: 1\n\n"] * 500, content_type="text/event-stream"),
        large(content_type="text/html"),
        large(**{"Content-Encoding": "br"}),
    ],
    ids=["small", "204", "304", "streamed", "events", "html", "encoded"],
)
def test_what_is_left_alone(response):
    before = dict(response.headers)

    assert dict(answered(response).headers) == before


def test_a_head_keeps_its_length():
    answer = answered(large(), method="HEAD")

    assert "Content-Encoding" not in answer
    assert answer["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/admin/overview", "/healthz", "/metrics", "/api/docs", "/"])
def test_outside_the_api_nothing_is_compressed(path):
    assert "Content-Encoding" not in answered(large(), path=path)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/schema"])
def test_openais_surface_and_the_schema_are(path):
    assert answered(large(), path=path)["Content-Encoding"] == "gzip"


@pytest.fixture(scope="module")
def operations():
    """The names of all fields that a good answer may have, for each operation of the schema."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            names = found[f"{method} {path}"] = set()
            for status, response in operation["responses"].items():
                for media in response.get("content", {}).values() if status < "3" else ():
                    names |= fields(media.get("schema", {}), schema["components"]["schemas"], ())
    return found


def fields(schema, components, seen):
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return set() if name in seen else fields(components[name], components, (*seen, name))
    below = [*schema.get("properties", {}).values()]
    below += [schema[name] for name in ("items", "additionalProperties") if schema.get(name)]
    for name in ("oneOf", "anyOf", "allOf"):
        below += schema.get(name, [])
    found = set(schema.get("properties", {}))
    return found.union(
        *(fields(each, components, seen) for each in below if isinstance(each, dict))
    )


def with_secrets(operations):
    return {
        name
        for name, names in operations.items()
        if any(SECRET.search(field) for field in names - NO_SECRETS)
    }


def test_no_address_whose_answer_may_hold_a_secret_is_compressed(operations):
    """A field is called like a secret: its address belongs into compression.py, or its name into
    NO_SECRETS."""
    wrong = [
        name
        for name in sorted(with_secrets(operations))
        if "Content-Encoding" in answered(large(), path=path_of(name))
    ]

    assert wrong == []


def test_all_others_are(operations):
    plain = {
        name
        for name in operations
        if "Content-Encoding" not in answered(large(), path=path_of(name))
        and not path_of(name).startswith(UNCOMPRESSED)
    }

    # Of these one takes the link away, and answers nothing.
    share = "/api/v1/conversations/{conversation_id}/share"
    assert plain == {f"post {share}", f"delete {share}"}


def path_of(name):
    return re.sub(r"{\w+}", "0", name.partition(" ")[2])


def test_the_schema_tells_where_secrets_are(operations):
    assert {
        "post /api/v1/auth/login",
        "post /api/v1/auth/ws-ticket",
        "post /api/v1/me/keys",
        "post /api/v1/me/webhooks",
        "post /api/v1/conversations/{conversation_id}/share",
    } <= with_secrets(operations)


def test_every_name_that_is_excused_is_in_the_schema(operations):
    assert set.union(*operations.values()) >= NO_SECRETS


@pytest.mark.parametrize("times", [1, 100], ids=["on the loop", "on a thread"])
async def test_an_asynchronous_answer(times):
    body = LARGE * times

    async def view(request):
        await asyncio.sleep(0)
        return HttpResponse(body, content_type="application/json")

    request = AsyncRequestFactory().get(PATH, headers={"Accept-Encoding": "gzip"})
    answer = await Compression(view)(request)

    assert gzip.decompress(answer.content) == body


@pytest.mark.django_db
@pytest.mark.usefixtures("redis")
def test_through_the_whole_house(api):
    conversation = begin(api, intake=False)
    complete(ask(api, conversation, message="Hello"), "An answer of some length. " * 100)
    address = f"/api/v1/conversations/{conversation['id']}"

    plain = api.get(address)
    answer = api.get(address, headers={"Accept-Encoding": "gzip, deflate, br"})

    assert "Content-Encoding" not in plain
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == plain.content
    assert answer["Content-Length"] == str(len(answer.content))
    assert len(answer.content) < len(plain.content) / 2


@pytest.mark.django_db
@pytest.mark.usefixtures("redis")
def test_a_link_to_share_is_as_it_is(api):
    conversation = begin(api, intake=False)
    address = f"/api/v1/conversations/{conversation['id']}/share"

    answer = api.post(address, headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer
    assert answer.json()["token"]


def test_json_of_the_admin_is_as_it_is():
    assert "Content-Encoding" not in answered(JsonResponse({"a": "b" * 2000}), path="/admin/x")
