"""What accounts really answer is what the OpenAPI schema describes."""

import uuid

import pytest
from rest_framework.test import APIClient
from support.people import PASSWORD
from support.sending import send

from accounts import links
from accounts.models import Member
from accounts.oauth import codes, proofkeys
from accounts.oauth.identities import Identity
from accounts.throttling.limits import RateLimit
from accounts.views import PublicView
from api.redis import Unavailable, link


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
