"""Every resource has the fields, the types and the nulls that the OpenAPI document describes."""

import inspect
import json
import re
from datetime import UTC, datetime

import pytest
from drf_spectacular.generators import SchemaGenerator
from support.chat.reply_rows import make_conversation, make_reply, make_running
from support.talking import INTAKE, begin, exchange, tell

from api.renderers import to_json
from chat import clock
from chat.conversations import available_models
from chat.limits import daily_limit
from chat.limits.daily_limit import Quota
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from chat.resources import queries, render
from chat.rest.schema import QuotaSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
CONFIG = {"temperature": 1, "max_tokens": 5, "n": 2, "system": "Sei «kurz».", "stream": False}
FAILURE = Failure(code="model_error", detail='It said: "no"', retryable=True)


def queued(member):
    return make_reply(member, config=CONFIG)


def due_again(member):
    reply = make_running(member)
    lifecycle.retry_later(reply, FAILURE, retry_at=clock.now())
    return reply


def running(member):
    return make_running(member)


def completed(member):
    reply = make_running(member, config=CONFIG)
    choices = [
        ChoiceParts(index=0, content="말길 🙂\u2028", finish_reason="stop"),
        ChoiceParts(index=1, content="", role="tool"),
    ]
    columns = {"prompt_tokens": 0, "completion_tokens": 7, "response_model": "test-model"}
    lifecycle.complete(reply, Outcome(choices=choices, columns=columns))
    return reply


def failed(member):
    reply = make_running(member, counted=True)
    lifecycle.fail(reply, FAILURE, Outcome())
    return reply


def cancelled(member):
    reply = make_running(member)
    lifecycle.cancel_running(reply, Outcome(choices=[ChoiceParts(index=0, content="Half")]))
    return reply


def counted_in_total(member):
    reply = make_running(member)
    lifecycle.complete(reply, Outcome(columns={"total_tokens": 9}))
    return reply


MADE = [queued, due_again, running, completed, counted_in_total, failed, cancelled]


# What each function of `render` makes of rows that between them have every field, and every null.


def replies(member, api):
    for make in MADE:
        yield render.reply(queries.get_reply(member=member, reply_id=make(member).id))


def exchanges(member, api):
    for make in (running, completed):
        yield render.exchange(queries.get_reply(member=member, reply_id=make(member).id))


def talks(member, api):
    """Two with an intake, one of them talked on, and those of the replies."""
    talked = begin(api)
    tell(api, talked, **INTAKE)
    exchange(api, begin(api, intake=False), "Hello", "Hi")
    reply, _ = exchange(api, begin(api, intake=False), "First", "Yes")
    exchange(api, {"id": reply["conversation"]}, "Second", "No")
    begin(api)
    for make in MADE:
        make(member)
    return queries.all_including_deleted().filter(member=member)


def conversations(member, api):
    return map(render.conversation, talks(member, api))


def shared_conversations(member, api):
    return map(render.shared_conversation, talks(member, api))


def prompts(member, api):
    return [render.prompt(prompt) for talk in talks(member, api) for prompt in talk.prompts.all()]


def summaries(member, api):
    make_conversation(member)
    for make in MADE:
        make(member)
    return map(render.summary, queries.summaries(member=member, archived=False, text=""))


def quotas(member, api):
    yield render.quota(daily_limit.state(member=member))


def shares(member, api):
    yield render.share(token="t", url="https://example.com/shared/t")


def models(member, api):
    bounds = available_models.bounds()
    yield render.models(names=["a", "b"], default="a", bounds=bounds, demo=False)


SAMPLES = {
    "reply": ("Reply", replies),
    "exchange": ("Exchange", exchanges),
    "conversation": ("Conversation", conversations),
    "shared_conversation": ("SharedConversation", shared_conversations),
    "prompt": ("Prompt", prompts),
    "summary": ("Summary", summaries),
    "quota": ("Quota", quotas),
    "share": ("Share", shares),
    "models": ("Models", models),
}


@pytest.fixture(scope="module")
def components():
    return SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]


def described(components, name):
    """Each field's path with the kinds of values that the document names, `null` among them."""
    found = {}

    def look(schema, path):
        if "$ref" in schema:
            look(components[schema["$ref"].rpartition("/")[2]], path)
            return
        for part in (*schema.get("oneOf", ()), *schema.get("allOf", ())):
            look(part, path)
        kinds = schema.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            kind = schema.get("format", kind) if kind == "string" else kind
            found.setdefault(path, set()).add(kind)
        for field, its in schema.get("properties", {}).items():
            look(its, f"{path}.{field}")
        if "additionalProperties" in schema:
            found[f"{path}.*"] = set()
        if "items" in schema:
            look(schema["items"], f"{path}[]")

    look(components[name], "")
    return found


def rendered(values, known):
    """The same of values. Where an object of `known` lacks a field, its kind is `missing`."""
    found = {path: set() for path in known if path.endswith(".*")}

    def look(value, path):
        found.setdefault(path, set()).add(kind_of(value))
        if isinstance(value, dict) and f"{path}.*" not in known:
            fields = {other.removeprefix(f"{path}.") for other in known}
            for field in {field for field in fields if re.fullmatch(r"\w+", field)} - set(value):
                found.setdefault(f"{path}.{field}", set()).add("missing")
            for field, its in value.items():
                look(its, f"{path}.{field}")
        if isinstance(value, list):
            for item in value:
                look(item, f"{path}[]")

    for value in values:
        look(json.loads(to_json(value)), "")
    return found


KINDS = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
TEXTS = {
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z",
    "uri": r"https?://\S+",
}


def kind_of(value):
    if isinstance(value, str):
        return next((kind for kind, form in TEXTS.items() if re.fullmatch(form, value)), "string")
    return "null" if value is None else KINDS[type(value)]


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_what_the_document_describes(name, components, member, api, settings):
    settings.CHAT_DAILY_LIMIT = 20
    component, make = SAMPLES[name]
    known = described(components, component)
    made = rendered(make(member, api), known)

    differing = {
        path: {"described": known.get(path), "rendered": made.get(path)}
        for path in known.keys() | made.keys()
        if known.get(path) != made.get(path)
    }
    assert differing == {}


def test_every_resource_is_compared():
    made = inspect.getmembers(render, inspect.isfunction)
    names = {name for name, its in made if its.__module__ == render.__name__}

    assert {name for name in names if not name.startswith("_")} == set(SAMPLES)


def test_what_describes_a_resource_does_not_render_it(member):
    state = daily_limit.state(member=member)

    with pytest.raises(TypeError, match="QuotaSerializer describes a shape, and renders nothing"):
        QuotaSerializer(state).data  # noqa: B018


REPLY = (
    '{"id":"-","conversation":"-","prompt":"-","status":"completed","attempt":1,'
    '"queue_position":null,"retry_at":null,"config":{"model":"test-model","temperature":1.0,'
    '"stream":false,"max_tokens":5,"n":2,"system":"Sei «kurz»."},"choices":['
    '{"id":"-","index":0,"role":"assistant","content":"말길 🙂\u2028","finish_reason":"stop"},'
    '{"id":"-","index":1,"role":"tool","content":"","finish_reason":null}],'
    '"usage":{"prompt_tokens":0,"completion_tokens":7,"total_tokens":null},"error":null,'
    '"created_at":"2026-01-01T12:00:00Z","started_at":"2026-01-01T12:00:00.000005Z",'
    '"finished_at":"2026-01-01T12:00:01Z"}'
)


def test_the_bytes_of_a_reply_stay(member):
    """Of events and of a webhook's body too, which is signed: the order of the fields counts."""
    row = queries.get_reply(member=member, reply_id=completed(member).id)
    row.created_at = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    row.started_at = row.created_at.replace(microsecond=5)
    row.finished_at = row.created_at.replace(second=1)

    assert re.sub(TEXTS["uuid"], "-", to_json(render.reply(row)).decode()) == REPLY


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_a_quota_tells_its_reset_in_utc(zone):
    now = datetime(2026, 5, 1, 15, 30, tzinfo=UTC)
    state = Quota(limit=5, used=7, resets_at=daily_limit.reset_after(now, zone), now=now)

    told = json.loads(to_json(render.quota(state)))["resets_at"]

    assert kind_of(told) == "date-time"
    assert datetime.fromisoformat(told) == state.resets_at
