"""Bad fields at every endpoint that writes: refused with the field named, and nothing stored."""

import itertools
import json

import pytest
from support.sending import send
from support.writing_endpoints import ENDPOINTS, TALKING, each, good, with_config

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

MAX_CHARS = 100_000


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
