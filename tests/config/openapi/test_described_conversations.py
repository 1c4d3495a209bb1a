"""What conversations, bad bodies and probes really answer is what the OpenAPI schema describes."""

import uuid

import jsonschema
import pytest
from rest_framework.test import APIClient
from support.sending import send
from support.talking import INTAKE, ask, begin, claim, complete, exchange, fail, post_reply, tell

from chat.outcomes import Outcome
from chat.replies import lifecycle


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
