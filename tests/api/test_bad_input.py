"""Bad input at every endpoint that writes: refused with the field named, and nothing stored."""

import itertools
import json

import pytest
from rest_framework.test import APIClient
from support.people import PASSWORD
from support.refusals import refused
from support.sending import send
from support.talking import begin, exchange

from accounts.models import ApiKey, Mail, Member, Session
from chat.models import ChatConfig, Conversation, Prompt, QuotaSlot, Reply
from workers.models import Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

MAX_CHARS = 100_000
MODELS = (Member, Session, ApiKey, Conversation, ChatConfig, Prompt, Reply, QuotaSlot, Webhook)
MODELS += (Mail,)

# What each endpoint takes when all is well; `conversation` and so on are put into the path.
ENDPOINTS = {
    "signup": (
        "POST",
        "/api/v1/auth/signup",
        {"email": "mina@example.com", "password": "tteokbokki at noon", "nickname": "Mina"},
    ),
    "login": ("POST", "/api/v1/auth/login", {"email": "mina@example.com", "password": "x"}),
    "refresh": ("POST", "/api/v1/auth/refresh", {"refresh": "x"}),
    "reset": ("POST", "/api/v1/auth/password-reset", {"email": "mina@example.com"}),
    "new password": (
        "POST",
        "/api/v1/auth/password-reset/confirm",
        {"token": "x", "password": "tteokbokki at noon"},
    ),
    "verification": ("POST", "/api/v1/auth/email-verification", {"email": "mina@example.com"}),
    "confirmation": ("POST", "/api/v1/auth/email-verification/confirm", {"token": "x"}),
    "exchange": ("POST", "/api/v1/auth/exchange", {"code": "x" * 43, "verifier": "v" * 43}),
    "me": ("PATCH", "/api/v1/me", {"nickname": "Mina"}),
    "conversations": ("POST", "/api/v1/conversations", {"title": "Hello", "config": {"n": 1}}),
    "password": (
        "POST",
        "/api/v1/me/password",
        {"current_password": PASSWORD, "new_password": "tteokbokki at noon"},
    ),
    "email": ("POST", "/api/v1/me/email", {"email": "mina@example.com", "password": PASSWORD}),
    "departure": ("DELETE", "/api/v1/me", {"password": PASSWORD}),
    "keys": ("POST", "/api/v1/me/keys", {"name": "laptop"}),
    "webhooks": ("POST", "/api/v1/me/webhooks", {"url": "https://hooks.example.com/malgil"}),
    "conversation": (
        "PATCH",
        "/api/v1/conversations/{conversation}",
        {"title": "Hello", "config": {"n": 1}},
    ),
    "prompts": (
        "PATCH",
        "/api/v1/conversations/{conversation}/prompts/{prompt}",
        {"answer": "Learn Go"},
    ),
    "replies": (
        "POST",
        "/api/v1/conversations/{conversation}/replies",
        {"message": "Hello", "config": {"n": 1}},
    ),
    "regenerate": ("POST", "/api/v1/replies/{reply}/regenerate", {"config": {"n": 1}}),
}
# They take what only a login, a provider or a mail gives.
SHOWING_TOKENS = {"refresh", "exchange", "new password", "confirmation"}
OPEN = {"signup", "login", "reset", "verification", *SHOWING_TOKENS}
TALKING = ("conversations", "conversation", "replies", "regenerate")


@pytest.fixture
def places(api):
    """A conversation with an open intake, and a reply that ended in another one."""
    conversation = begin(api)
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    return {
        "conversation": conversation["id"],
        "prompt": conversation["prompts"][1]["id"],
        "reply": reply["id"],
    }


@pytest.fixture
def refuse(api, places):
    """Sends a body to an endpoint and asserts that it is refused and stores nothing."""

    def check(endpoint, body, status=400, code="invalid", field=None, **more):
        method, path, _ = ENDPOINTS[endpoint]
        before = rows()
        answer = send(api, method, path.format(**places), body, **more)
        problem = refused(answer, status, code, field)
        assert rows() == before
        return problem

    return check


def rows():
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def good(endpoint):
    return json.loads(json.dumps(ENDPOINTS[endpoint][2]))


def with_config(endpoint, **config):
    return good(endpoint) | {"config": config}


def each(*endpoints):
    return pytest.mark.parametrize("endpoint", endpoints or ENDPOINTS)


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


# Field names


UNKNOWN = {
    "colour": "colour",
    "__proto__": "__proto__",
    "": "",
    "n\x00l": "n\ufffdl",
    "l\ud800ne": "l\ufffdne",
}


@each()
def test_an_unknown_field_is_named(subtests, refuse, endpoint):
    for name, told in UNKNOWN.items():
        with subtests.test(ascii(name)):
            refuse(endpoint, good(endpoint) | {name: 1}, field=told)


@each(*TALKING)
def test_an_unknown_field_of_the_config_is_named_with_its_path(subtests, refuse, endpoint):
    for name in ("top_p", "Temperature", "id"):
        with subtests.test(name):
            refuse(endpoint, with_config(endpoint, **{name: 1}), field=f"config.{name}")


@each()
def test_a_field_that_comes_twice_is_named(refuse, endpoint):
    name, value = next(iter(good(endpoint).items()))
    pair = f"{json.dumps(name)}: {json.dumps(value)}"

    refuse(endpoint, f"{{{pair}, {pair}}}".encode(), field=name)


@each(*TALKING)
def test_a_field_of_the_config_that_comes_twice_is_named(refuse, endpoint):
    body = json.dumps(with_config(endpoint, n=1)).replace('"n": 1', '"n": 1, "n": 2')

    refuse(endpoint, body.encode(), field="config.n")


# Values

REQUIRED = [
    ("signup", "email"),
    ("signup", "password"),
    ("signup", "nickname"),
    ("login", "email"),
    ("login", "password"),
    ("refresh", "refresh"),
    ("reset", "email"),
    ("new password", "token"),
    ("new password", "password"),
    ("verification", "email"),
    ("confirmation", "token"),
    ("email", "email"),
    ("email", "password"),
    ("exchange", "code"),
    ("exchange", "verifier"),
    ("prompts", "answer"),
    ("password", "current_password"),
    ("password", "new_password"),
    ("departure", "password"),
    ("keys", "name"),
    ("webhooks", "url"),
]
TEXTS = [
    *REQUIRED,
    ("exchange", "email"),
    ("me", "nickname"),
    ("me", "job"),
    ("conversations", "title"),
]
TEXTS += [("conversation", "title")]
TEXTS += [("replies", "message")]


@pytest.mark.parametrize(("endpoint", "field"), REQUIRED)
def test_a_missing_field_is_named(refuse, endpoint, field):
    body = good(endpoint)
    del body[field]

    refuse(endpoint, body, field=field)


@pytest.mark.parametrize(("endpoint", "field"), TEXTS)
def test_what_is_no_text_or_blank_is_named(subtests, refuse, endpoint, field):
    for value in (5, 1.5, True, ["x"], {"x": "y"}, "", " \t\n ", "\u3000"):
        with subtests.test(ascii(value)):
            refuse(endpoint, good(endpoint) | {field: value}, field=field)


@pytest.mark.parametrize(("endpoint", "field"), [pair for pair in TEXTS if pair != ("me", "job")])
def test_null_is_no_text(refuse, endpoint, field):
    refuse(endpoint, good(endpoint) | {field: None}, field=field)


@pytest.mark.parametrize(("endpoint", "field"), TEXTS)
def test_text_that_cannot_be_stored_is_named(subtests, refuse, endpoint, field):
    for text in ("a\x00b", "a\ud83db", "\udc00", "\ud800\ud800"):
        with subtests.test(ascii(text)):
            refuse(endpoint, good(endpoint) | {field: text}, field=field)


@pytest.mark.parametrize(("endpoint", "field"), [("replies", "message"), ("prompts", "answer")])
def test_a_message_over_the_limit_is_named(api, places, refuse, endpoint, field):
    problem = refuse(endpoint, {field: "가" * (MAX_CHARS + 1)}, field=field)
    assert str(MAX_CHARS) in problem["errors"][0]["detail"]

    method, path, _ = ENDPOINTS[endpoint]
    longest = {field: "\U0001f600" * 1000 + "a" * (MAX_CHARS - 1000)}
    assert send(api, method, path.format(**places), longest).status_code < 300


@each("conversations", "conversation")
def test_a_title_over_the_limit_is_named(refuse, endpoint):
    refuse(endpoint, {"title": "x" * 201}, field="title")


def test_pinned_and_archived_are_true_or_false(subtests, refuse):
    for field, value in itertools.product(("pinned", "archived"), (None, 0, 1, "true", "no", [])):
        with subtests.test(field, value=ascii(value)):
            refuse("conversation", {field: value}, field=field)


def test_a_password_that_nobody_could_have_is_named(refuse):
    refuse("password", good("password") | {"new_password": "x" * 129}, field="new_password")
    refuse("departure", {"password": "x" * 129}, field="password")
    refuse("new password", good("new password") | {"password": "x" * 129}, field="password")


def test_what_is_no_address_is_named(subtests, refuse):
    wrong = ("mina", "mina@", "@x", "a b@x.org", "a@x.org\nBcc: b@x.org", "m" * 250 + "@x.org")
    for endpoint, email in itertools.product(("reset", "verification", "email"), wrong):
        with subtests.test(endpoint, email=ascii(email)[:20]):
            refuse(endpoint, good(endpoint) | {"email": email}, field="email")


def test_intake_is_true_or_false(subtests, refuse):
    for intake in (None, 0, 1, "true", "yes", []):
        with subtests.test(ascii(intake)):
            refuse("conversations", {"intake": intake}, field="intake")


def test_after_is_the_id_of_a_choice(subtests, refuse):
    for after in ("", "x", 5, -1, 1.5, True, [], {}, "0" * 31, "\x00"):
        with subtests.test(ascii(after)):
            refuse("replies", {"message": "Hello", "after": after}, field="after")


CONFIG = [
    ("temperature", 2.1),
    ("temperature", -1),
    ("temperature", -0.0001),
    ("temperature", "1"),
    ("temperature", True),
    ("temperature", [1]),
    ("temperature", 10**400),
    ("temperature", -(10**400)),
    ("max_tokens", 0),
    ("max_tokens", -5),
    ("max_tokens", 1.5),
    ("max_tokens", 5.0),
    ("max_tokens", "5"),
    ("max_tokens", True),
    ("max_tokens", 128_001),
    ("max_tokens", 2**31),
    ("max_tokens", 2**64),
    ("max_tokens", 10**400),
    ("n", 0),
    ("n", 5),
    ("n", -1),
    ("n", 1.0),
    ("n", "1"),
    ("n", False),
    ("n", 2**70),
    ("stream", 1),
    ("stream", "true"),
    ("stream", None),
    ("stream", "no"),
    ("model", None),
    ("model", ""),
    ("model", 5),
    ("model", "unknown-model"),
    ("model", "test-model "),
    ("model", "x" * 201),
    ("model", "a\x00b"),
    ("system", ""),
    ("system", "  "),
    ("system", 5),
    ("system", ["Be kind."]),
    ("system", "a\x00b"),
    ("system", "a\ud800b"),
    ("system", "x" * (MAX_CHARS + 1)),
]


@each(*TALKING)
def test_a_bad_value_of_the_config_is_named_with_its_path(subtests, refuse, endpoint):
    for field, value in CONFIG:
        with subtests.test(field, value=ascii(value)[:24]):
            refuse(endpoint, with_config(endpoint, **{field: value}), field=f"config.{field}")


@each(*TALKING)
def test_a_number_beyond_every_float_is_named(subtests, refuse, endpoint):
    for literal in ("1e400", "-1e400", "1e999999999"):
        with subtests.test(literal):
            body = json.dumps(with_config(endpoint, temperature=1)).replace(" 1}", f" {literal}}}")
            refuse(endpoint, body.encode(), field="config.temperature")


@each(*TALKING)
def test_a_config_that_is_no_object_is_named(subtests, refuse, endpoint):
    for config in (None, [], "x", 5, True, [{"n": 1}]):
        with subtests.test(ascii(config)):
            refuse(endpoint, good(endpoint) | {"config": config}, field="config")


def test_all_bad_fields_are_named_at_once(refuse):
    problem = refuse("replies", {"message": 5, "after": "x", "config": {"n": 5, "temperature": 3}})

    assert {error["field"] for error in problem["errors"]} == {
        "message",
        "after",
        "config.n",
        "config.temperature",
    }


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
