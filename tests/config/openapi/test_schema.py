"""The OpenAPI schema: valid, complete, and what the API really answers."""

import copy
import re
import uuid

import jsonschema
import openapi_spec_validator
import pytest
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient
from rest_framework.views import APIView
from support.people import PASSWORD
from support.sending import send
from support.talking import INTAKE, ask, begin, claim, complete, exchange, fail, post_reply, tell

from accounts import links
from accounts.models import Member
from accounts.oauth import codes, proofkeys
from accounts.oauth.identities import Identity
from accounts.throttling.limits import RateLimit
from accounts.views import PublicView
from api.redis import Unavailable, link
from chat.outcomes import Outcome
from chat.replies import lifecycle
from config.http.home import HomeView

PROBES = {"/healthz", "/readyz"}
# Headers that tell of a wait, or of a reply that has not ended.
ONLY_SOMETIMES = {"Preference-Applied", "Retry-After"}
NOT_IN_THE_SCHEMA = {"/api/schema", "/api/docs", "/metrics"}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def urls(patterns=None, prefix="/"):
    """Every path of the URL table in the form of OpenAPI, with its view's class."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if str(pattern.pattern) == "admin/":
            continue  # pages for people, which are Django's
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from urls(pattern.url_patterns, path)
        else:
            callback = pattern.callback
            view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
            if view is not HomeView:
                yield path, view


def operations(schema):
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_schema_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")

    openapi_spec_validator.validate(schema)


def test_the_schema_is_made_without_a_warning(tmp_path):
    call_command("spectacular", fail_on_warn=True, validate=True, file=tmp_path / "schema.yml")


def test_every_address_of_the_api_is_in_the_schema(schema):
    assert set(schema["paths"]) == {path for path, _ in urls()} - NOT_IN_THE_SCHEMA


def test_every_view_of_the_api_is_a_class_of_django_rest_framework():
    views = {path: view for path, view in urls() if path.startswith("/api/") or path in PROBES}

    assert len(views) > 15
    for path, view in views.items():
        assert view is not None, path
        assert issubclass(view, APIView), path


def test_every_method_of_a_view_is_in_the_schema(schema):
    for path, view in urls():
        if path not in NOT_IN_THE_SCHEMA:
            methods = {name for name in view.http_method_names if hasattr(view, name)}
            assert set(schema["paths"][path]) == methods - {"options", "head", "trace"}, path


def test_every_operation_says_what_it_does_in_its_own_words(schema):
    summaries = [operation.get("summary", "") for _, _, operation in operations(schema)]

    assert all(summary.endswith(".") for summary in summaries), summaries
    assert len(set(summaries)) == len(summaries)
    for _, _, operation in operations(schema):
        assert not operation.get("description", "").startswith(operation["summary"])


def test_what_a_class_says_of_the_code_is_told_nobody(schema):
    told = "\n".join(operation.get("description", "") for _, _, operation in operations(schema))

    for path, view in urls():
        for base in view.__mro__:
            if path not in NOT_IN_THE_SCHEMA and base.__module__.split(".")[0] in OURS:
                assert not base.__doc__ or base.__doc__ not in told


OURS = {"accounts", "api", "chat", "config", "workers"}


def test_operation_ids_are_unique_words(schema):
    ids = [operation["operationId"] for _, _, operation in operations(schema)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in ids)


def test_only_what_needs_no_token_is_open(schema):
    open_to_all = {
        operation["operationId"]
        for _, _, operation in operations(schema)
        if operation["security"] == [{}]
    }

    assert open_to_all == {
        "sign_up",
        "log_in",
        "refresh_tokens",
        "request_password_reset",
        "reset_password",
        "request_email_verification",
        "confirm_email",
        "list_providers",
        "start_oauth",
        "finish_oauth",
        "exchange_code",
        "get_shared_conversation",
        "is_alive",
        "is_ready",
    }


def test_the_schema_is_served():
    answer = APIClient().get("/api/schema")

    assert answer.status_code == 200
    assert b"openapi: 3.1" in answer.content


# Real answers


@pytest.fixture
def check(schema):
    """Validates a real answer against the schema; unknown fields and formats count too."""
    components = copy.deepcopy(schema["components"])
    for component in components["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False

    def validate(answer, operation_id, status):
        assert answer.status_code == status, answer.content
        operation = next(o for _, _, o in operations(schema) if o["operationId"] == operation_id)
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


@pytest.mark.django_db
def test_accounts_answer_as_described(check, api):
    body = {"email": "mina@example.com", "password": PASSWORD, "nickname": "Mina"}
    signed_up = check(send(APIClient(), "POST", "/api/v1/auth/signup", body), "sign_up", 201)
    del body["nickname"]
    check(send(APIClient(), "POST", "/api/v1/auth/login", body), "log_in", 200)
    token = {"refresh": signed_up["refresh"]}
    check(send(APIClient(), "POST", "/api/v1/auth/refresh", token), "refresh_tokens", 200)
    check(send(APIClient(), "POST", "/api/v1/auth/refresh", token), "refresh_tokens", 401)
    check(api.post("/api/v1/auth/ws-ticket"), "create_ws_ticket", 201)
    check(api.get("/api/v1/me"), "get_me", 200)
    check(
        api.patch("/api/v1/me", {"born_year": 1999, "job": "Baker"}, format="json"),
        "change_me",
        200,
    )
    check(api.get("/api/v1/me/sessions"), "list_sessions", 200)
    check(api.delete(f"/api/v1/me/sessions/{uuid.uuid4()}"), "end_session", 404)
    check(api.get("/api/v1/me/keys"), "list_keys", 200)
    key = check(api.post("/api/v1/me/keys", {"name": "x"}, format="json"), "create_key", 201)
    program = APIClient(headers={"Authorization": f"Bearer {key['key']}"})
    check(program.get("/api/v1/me/keys"), "list_keys", 200)
    check(program.post("/api/v1/me/keys", {"name": "x"}, format="json"), "create_key", 403)
    check(program.patch("/api/v1/me", {}, format="json"), "change_me", 403)
    check(program.delete(f"/api/v1/me/keys/{key['id']}"), "revoke_key", 403)
    check(api.delete(f"/api/v1/me/keys/{key['id']}"), "revoke_key", 204)
    check(program.get("/api/v1/me/keys"), "list_keys", 401)
    word = {"current_password": PASSWORD, "new_password": "kimchi at midnight 9"}
    check(api.post("/api/v1/me/password", word, format="json"), "change_password", 204)
    check(api.post("/api/v1/me/password", word, format="json"), "change_password", 400)
    moved = {"email": "moved@example.com", "password": PASSWORD}
    check(api.post("/api/v1/me/email", moved, format="json"), "change_email", 400)
    moved["password"] = word["new_password"]
    check(api.post("/api/v1/me/email", moved, format="json"), "change_email", 202)
    check(api.delete("/api/v1/me", {"password": "x"}, format="json"), "delete_me", 400)
    check(api.delete("/api/v1/me", b"x", content_type="text/plain"), "delete_me", 415)
    check(api.post("/api/v1/auth/logout"), "log_out", 204)
    check(api.get("/api/v1/me"), "get_me", 401)


@pytest.mark.django_db
def test_mails_and_their_links_answer_as_described(check, member, settings):
    def post(path, **body):
        return send(APIClient(), "POST", f"/api/v1/auth/{path}", body)

    check(post("password-reset", email=member.email), "request_password_reset", 202)
    check(post("password-reset", email="x"), "request_password_reset", 400)
    body = {"token": links.to_reset(member), "password": "kimchi at midnight 9"}
    check(post("password-reset/confirm", **body), "reset_password", 204)
    check(post("password-reset/confirm", **body), "reset_password", 400)
    check(post("email-verification", email=member.email), "request_email_verification", 202)
    member.refresh_from_db()
    token = links.to_confirm(member, email="moved@example.com")
    check(post("email-verification/confirm", token=token), "confirm_email", 204)
    check(post("email-verification/confirm", token=token), "confirm_email", 400)
    settings.EMAIL_VERIFICATION_REQUIRED = True
    body = {"email": "mina@example.com", "password": PASSWORD, "nickname": "Mina"}
    check(post("signup", **body), "sign_up", 202)
    del body["nickname"]
    check(post("login", **body), "log_in", 403)


@pytest.mark.django_db
def test_who_tries_too_often_is_answered_as_described(check, api, settings, redis, monkeypatch):
    settings.AUTH_THROTTLES = True
    body = {"email": "mina@example.com", "password": "x"}
    for status in [401] * 5 + [429]:
        check(send(APIClient(), "POST", "/api/v1/auth/login", body), "log_in", status)
    for status in [400] * 5 + [429]:
        check(api.delete("/api/v1/me", {"password": "x"}, format="json"), "delete_me", status)
    monkeypatch.setattr(PublicView, "rate_limit", RateLimit("test", burst=1, every_seconds=60))
    for status in (401, 429):
        path = "/api/v1/auth/refresh"
        check(send(APIClient(), "POST", path, {"refresh": "x"}), "refresh_tokens", status)
    monkeypatch.setattr(link, "call", away)
    check(send(APIClient(), "POST", "/api/v1/auth/login", body), "log_in", 503)


def away(operation):
    raise Unavailable


@pytest.mark.django_db
def test_webhooks_answer_as_described(check, api):
    path = "/api/v1/me/webhooks"
    body = {"url": "https://hooks.example.com/malgil"}
    for _ in range(10):
        webhook = check(api.post(path, body, format="json"), "create_webhook", 201)
    check(api.post(path, body, format="json"), "create_webhook", 409)
    check(api.post(path, {"url": "http://10.0.0.1/"}, format="json"), "create_webhook", 400)
    check(api.get(path), "list_webhooks", 200)
    check(api.delete(f"{path}/{webhook['id']}"), "delete_webhook", 204)
    check(api.delete(f"{path}/{webhook['id']}"), "delete_webhook", 404)


@pytest.mark.django_db
def test_signing_in_at_a_provider_answers_as_described(check, settings):
    client = {"name": "GitHub", "client_id": "a", "client_secret": "b", "base_url": ""}
    settings.OAUTH_CLIENTS = {"github": client}
    path = "/api/v1/auth/github"
    check(APIClient().get("/api/v1/auth/providers"), "list_providers", 200)
    challenge = {"challenge": proofkeys.challenge_of("v" * 43)}
    check(APIClient().get(f"{path}/start", challenge), "start_oauth", 302)
    check(APIClient().get(f"{path}/start"), "start_oauth", 400)
    check(APIClient().get("/api/v1/auth/x/start", challenge), "start_oauth", 404)
    check(APIClient().get(f"{path}/callback"), "finish_oauth", 302)
    check(APIClient().get("/api/v1/auth/x/callback"), "finish_oauth", 404)
    known = Identity("github", "1", "Mina", email="mina@example.com", verified=["mina@example.com"])
    body = exchange_of(known)
    answer = check(send(APIClient(), "POST", *body), "exchange_code", 200)
    check(send(APIClient(), "POST", *body), "exchange_code", 401)
    assert answer["next"] == "/c/1"
    unknown = Identity("github", "2", "Mina", email=None, verified=[])
    check(send(APIClient(), "POST", *exchange_of(unknown)), "exchange_code", 409)
    taken = exchange_of(unknown, email="mina@example.com")
    check(send(APIClient(), "POST", *taken), "exchange_code", 400)
    Member.objects.update(is_active=False)
    check(send(APIClient(), "POST", *exchange_of(known)), "exchange_code", 403)


def exchange_of(identity, **more):
    """Where, and what, a client sends after somebody came back."""
    code = codes.issue(identity=identity, next="/c/1", challenge=proofkeys.challenge_of("v" * 43))
    return "/api/v1/auth/exchange", {"code": code, "verifier": "v" * 43, **more}


@pytest.mark.django_db
def test_ending_sessions_and_leaving_answer_as_described(check, api, member, client_of):
    client_of(member)
    page = check(api.get("/api/v1/me/sessions", {"page_size": 1}), "list_sessions", 200)
    there = page["results"][0]
    check(api.delete(f"/api/v1/me/sessions/{there['id']}"), "end_session", 204)
    check(api.delete("/api/v1/me", {"password": PASSWORD}, format="json"), "delete_me", 204)


@pytest.mark.django_db(transaction=True)
def test_what_is_done_with_conversations_answers_as_described(check, api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "Hello", "Hi!")
    path = f"/api/v1/conversations/{conversation['id']}"
    check(api.patch(path, {"pinned": True}, format="json"), "change_conversation", 200)
    check(api.patch(path, {"pinned": 1}, format="json"), "change_conversation", 400)
    link = check(api.post(f"{path}/share"), "share_conversation", 201)
    shared = f"/api/v1/shared/{link['token']}"
    check(APIClient().get(shared), "get_shared_conversation", 200)
    check(api.delete(f"{path}/share"), "unshare_conversation", 204)
    check(APIClient().get(shared), "get_shared_conversation", 404)
    check(api.get(f"{path}/export"), "export_conversation", 200)
    check(api.get(f"{path}/export", {"format": "pdf"}), "export_conversation", 400)
    check(api.get("/api/v1/conversations", {"q": "hi!"}), "list_conversations", 200)
    check(api.get("/api/v1/conversations", {"q": "x" * 201}), "list_conversations", 400)
    check(api.delete(path), "delete_conversation", 204)
    check(api.delete(path), "delete_conversation", 404)
    check(api.post(f"{path}/restore"), "restore_conversation", 200)


@pytest.mark.django_db
def test_conversations_answer_as_described(check, api):
    path = "/api/v1/conversations"
    made = check(api.post(path, {"config": {"n": 1}}, format="json"), "create_conversation", 201)
    prompt = f"{path}/{made['id']}/prompts/{made['prompts'][0]['id']}"
    check(api.patch(prompt, {"answer": "Nothing"}, format="json"), "answer_prompt", 200)
    tell(api, made, **INTAKE)
    complete(ask(api, made), "Start here", "Or here")
    begin(api)
    check(api.patch(prompt, {"answer": "Late"}, format="json"), "answer_prompt", 409)
    check(api.get(f"{path}/{made['id']}"), "get_conversation", 200)
    check(api.get(path, {"page_size": 1}), "list_conversations", 200)
    check(api.get(path, {"page_size": 0}), "list_conversations", 400)
    check(api.get(f"{path}/{uuid.uuid4()}"), "get_conversation", 404)
    check(api.get("/api/v1/models"), "list_models", 200)
    check(api.get("/api/v1/quota"), "get_quota", 200)


@pytest.mark.django_db
def test_replies_answer_as_described(check, api, settings):
    path = "/api/v1/replies"
    conversation = begin(api, intake=False)
    key = {"Idempotency-Key": "k"}
    reply = check(post_reply(api, conversation, key, message="Hello"), "create_reply", 202)
    check(post_reply(api, conversation, key, message="Hello!"), "create_reply", 422)
    check(post_reply(api, conversation, message="Hello"), "create_reply", 409)
    check(post_reply(api, conversation, message=""), "create_reply", 400)
    check(api.get(f"{path}/{reply['id']}"), "get_reply", 200)
    check(api.get(f"{path}/{reply['id']}/exchange"), "get_exchange", 200)
    running = claim(reply)
    check(api.get(f"{path}/{reply['id']}"), "get_reply", 200)
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    lifecycle.complete(running, Outcome(columns=usage))
    assert check(api.get(f"{path}/{reply['id']}"), "get_reply", 200)["usage"] == usage
    again = check(api.post(f"{path}/{reply['id']}/regenerate"), "regenerate_reply", 202)
    fail(again)
    assert check(api.get(f"{path}/{again['id']}"), "get_reply", 200)["error"]["refunded"]
    check(api.post(f"{path}/{uuid.uuid4()}/regenerate"), "regenerate_reply", 404)
    settings.CHAT_QUEUE_MAX = 0
    check(post_reply(api, conversation, message="Hello"), "create_reply", 503)
    settings.CHAT_DAILY_LIMIT = 0
    check(post_reply(api, conversation, message="Hello"), "create_reply", 429)


@pytest.mark.django_db
def test_refusals_of_bodies_answer_as_described(check, api):
    path = "/api/v1/conversations"
    check(send(api, "POST", path, b"x" * 1_000_001), "create_conversation", 413)
    check(send(api, "POST", path, b"{"), "create_conversation", 400)
    check(api.post(path, "x", content_type="text/plain"), "create_conversation", 415)


@pytest.mark.django_db
def test_probes_answer_as_described(check):
    check(APIClient().get("/healthz"), "is_alive", 200)
    check(APIClient().get("/readyz"), "is_ready", 200)


@pytest.mark.django_db
def test_a_wrong_answer_would_be_seen(check, api, monkeypatch):
    """Without this, the checks above could check nothing."""
    from chat.rest import catalogue_views

    monkeypatch.setattr(catalogue_views.render, "quota", lambda state: {"limit": "five"})

    with pytest.raises(jsonschema.ValidationError):
        check(api.get("/api/v1/quota"), "get_quota", 200)


@pytest.mark.django_db
def test_a_cancelled_reply_is_answered_as_described(check, api):
    reply, _ = exchange(api, begin(api, intake=False), "Hello", "Hi!")
    lifecycle.cancel_queued(api.post(f"/api/v1/replies/{reply['id']}/regenerate").json()["id"])
    listed = api.get("/api/v1/conversations").json()["results"]

    assert listed[0]["last_reply"]["status"] == "cancelled"
    check(api.get(f"/api/v1/conversations/{listed[0]['id']}"), "get_conversation", 200)


def test_the_codes_of_a_reply_s_error_are_named(schema):
    codes = schema["components"]["schemas"]["Error"]["properties"]["code"]["enum"]

    assert {"model_rate_limited", "crash_loop", "cancelled", "internal_error"} <= set(codes)
