"""Every endpoint that writes, with a body that it takes, and the rows that it could change."""

import json

import pytest

from accounts.models import ApiKey, Mail, Member, Session
from chat.models import ChatConfig, Conversation, Prompt, QuotaSlot, Reply
from workers.models import Webhook

from .people import PASSWORD

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


def rows():
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def good(endpoint):
    return json.loads(json.dumps(ENDPOINTS[endpoint][2]))


def with_config(endpoint, **config):
    return good(endpoint) | {"config": config}


def each(*endpoints):
    return pytest.mark.parametrize("endpoint", endpoints or ENDPOINTS)
