"""Every address with who may pass; a new one without an entry here fails the tests."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from django.urls import get_resolver

from .people import PASSWORD

METHODS = ("get", "post", "put", "patch", "delete")


class Access(Enum):
    ANYONE = auto()  # without a token, and a bad one changes nothing
    MEMBER = auto()  # with an access token or an API key
    SESSION = auto()  # with an access token; a key is refused
    STAFF = auto()  # with the admin's own cookie; a token is not looked at


@dataclass(frozen=True)
class Door:
    access: Access
    body: dict = field(default_factory=dict)


ANYONE, MEMBER, SESSION, STAFF = (Door(access) for access in Access)
A = "/api/v1"
C = f"{A}/conversations/{{conversation_id}}"
R = f"{A}/replies/{{reply_id}}"


def _pages(model, *more):
    """What the admin has for each model, and what ours have more."""
    of_one = ("", "change/", "history/", "delete/", *more)
    return f"{model}/", f"{model}/add/", *(f"{model}/{{object_id}}/{page}" for page in of_one)


DOORS = {
    # The client's page and what it is made of, probes, the description.
    **{
        f"get {path}": ANYONE
        for path in (
            *("/", "/welcome", "/login", "/login/return", "/signup", "/settings"),
            *("/forgot-password", "/reset-password", "/confirm-email"),
            *("/c/{conversation}", "/shared/{token}"),
            *("/healthz", "/readyz", "/metrics", "/api/schema", "/api/docs"),
        )
    },
    # How one comes in; each of these proves something else than a token.
    f"post {A}/auth/signup": ANYONE,
    f"post {A}/auth/login": ANYONE,
    f"post {A}/auth/refresh": ANYONE,
    f"get {A}/auth/providers": ANYONE,
    f"get {A}/auth/{{provider}}/start": ANYONE,
    f"get {A}/auth/{{provider}}/callback": ANYONE,
    f"post {A}/auth/exchange": ANYONE,
    f"post {A}/auth/password-reset": ANYONE,
    f"post {A}/auth/password-reset/confirm": ANYONE,
    f"post {A}/auth/email-verification": ANYONE,
    f"post {A}/auth/email-verification/confirm": ANYONE,
    f"get {A}/shared/{{token}}": ANYONE,  # the link is the secret
    # The account: what a key must not reach.
    f"post {A}/auth/logout": SESSION,
    f"patch {A}/me": Door(Access.SESSION, {"nickname": "Mallory"}),
    f"delete {A}/me": Door(Access.SESSION, {"password": PASSWORD}),
    f"post {A}/me/password": Door(
        Access.SESSION, {"current_password": PASSWORD, "new_password": "kimchi at midnight 9"}
    ),
    f"post {A}/me/email": Door(
        Access.SESSION, {"email": "mallory@example.com", "password": PASSWORD}
    ),
    f"delete {A}/me/sessions/{{session_id}}": SESSION,
    f"post {A}/me/keys": Door(Access.SESSION, {"name": "another"}),
    f"delete {A}/me/keys/{{key_id}}": SESSION,
    # What is a member's own.
    f"get {A}/me": MEMBER,
    f"get {A}/me/export": MEMBER,
    f"get {A}/me/sessions": MEMBER,
    f"get {A}/me/keys": MEMBER,
    f"get {A}/me/webhooks": MEMBER,
    f"post {A}/me/webhooks": Door(Access.MEMBER, {"url": "https://hooks.example.com/"}),
    f"delete {A}/me/webhooks/{{webhook_id}}": MEMBER,
    f"post {A}/auth/ws-ticket": MEMBER,
    f"get {A}/models": MEMBER,
    f"get {A}/quota": MEMBER,
    f"get {A}/conversations": MEMBER,
    f"post {A}/conversations": MEMBER,
    f"get {C}": MEMBER,
    f"patch {C}": Door(Access.MEMBER, {"title": "Mine now"}),
    f"delete {C}": MEMBER,
    f"post {C}/restore": MEMBER,
    f"post {C}/share": MEMBER,
    f"delete {C}/share": MEMBER,
    f"get {C}/export": MEMBER,
    f"patch {C}/prompts/{{prompt_id}}": Door(Access.MEMBER, {"answer": "Mine"}),
    f"post {C}/replies": Door(Access.MEMBER, {"message": "Mine"}),
    f"get {R}": MEMBER,
    f"get {R}/events": MEMBER,
    f"get {R}/exchange": MEMBER,
    f"post {R}/cancel": MEMBER,
    f"post {R}/regenerate": MEMBER,
    # OpenAI's surface.
    "get /v1/models": MEMBER,
    "get /v1/models/{model}": MEMBER,
    "post /v1/chat/completions": MEMBER,
    "post /v1/responses": MEMBER,
    "get /v1/responses/{response_id}": MEMBER,
    "post /v1/responses/{response_id}/cancel": MEMBER,
    # The admin, whose pages are functions of Django's: whatever the method.
    "any /admin/login/": ANYONE,
    **{
        f"any /admin/{path}": STAFF
        for path in (
            *("", "logout/", "autocomplete/", "jsi18n/", "overview/", "overview/figures"),
            *("{app_label}/", "{url}"),
            *_pages("accounts/member", "press/{button}/"),
            *_pages("chat/conversation", "texts/"),
            *_pages("chat/reply", "press/{button}/", "texts/"),
            *_pages("auth/group"),
        )
    },
}
# Of these, what is named in the address belongs to somebody.
OWNED = re.compile(r"\{(conversation|prompt|reply|session|key|webhook|response)_id\}")


def addresses(patterns=None, prefix="/"):
    """`method path` of everything in the URL table, paths in the form of OpenAPI."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", _readable(str(pattern.pattern)))
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, path)
        elif path.startswith("/admin/"):
            yield f"any {path}"
        else:
            view = getattr(pattern.callback, "cls", None) or pattern.callback.view_class
            yield from (f"{name} {path}" for name in METHODS if hasattr(view, name))


def _readable(pattern):
    """A regular expression, which only Django's own addresses are, as a path."""
    return re.sub(r"^\^?\(\?P<(\w+)>.*\)(/?)\$$", r"{\1}\2", pattern)


def behind_a_token():
    return {name: door for name, door in DOORS.items() if door.access in _BY_TOKEN}


def of_the_staff():
    return [name for name, door in DOORS.items() if door.access is Access.STAFF]


_BY_TOKEN = {Access.MEMBER, Access.SESSION}
