"""Who may pass where: every address of the URL table, asked by everybody who might try."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient
from support.doors import DOORS, OWNED, Access, addresses, behind_a_token
from support.people import make_member
from support.talking import ask, begin

from accounts.credentials import keys, sessions, tokens
from accounts.credentials.tokens import Access as AccessToken
from accounts.models import Member
from workers.models import Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
each_guarded = pytest.mark.parametrize("name", behind_a_token())


def test_every_address_has_an_entry_and_every_entry_an_address():
    assert set(addresses()) == set(DOORS)


def test_every_operation_of_the_schema_has_an_entry_that_says_the_same():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described = {
        f"{method} {path}": operation["security"] == [{}]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    said = {name: DOORS[name].access is Access.ANYONE for name in described}

    assert said == described


@pytest.fixture
def owner(member):
    return member


@pytest.fixture
def things(owner, client_of):
    """What the owner has, by the names that addresses give it."""
    api = client_of(owner)
    begun = begin(api)
    reply = ask(api, begin(api, intake=False), message="Hello")
    model = api.get("/v1/models").json()["data"][0]["id"]
    order = {"model": model, "input": "Hello", "background": True}
    response = api.post("/v1/responses", order, format="json").json()
    return {
        "conversation_id": begun["id"],
        "prompt_id": begun["prompts"][0]["id"],
        "reply_id": reply["id"],
        "response_id": response["id"],
        "session_id": str(owner.sessions.latest("created_at").id),
        "key_id": str(keys.create(member=owner, name="of the owner").row.id),
        "webhook_id": str(Webhook.objects.create(member=owner, url="https://a.example/").id),
        "model": model,
    }


def knock(name, things, token=None):
    method, path = name.split()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    call = getattr(APIClient(headers=headers), method)
    return call(path.format(**things), DOORS[name].body, format="json")


def access_of(member):
    return sessions.open_session(member=member, user_agent="pytest").access


def code_of(answer):
    body = answer.json()
    return body.get("code") or body["error"]["code"]


@each_guarded
def test_without_a_token(name, things):
    assert knock(name, things).status_code == 401


@each_guarded
def test_with_an_expired_token(name, things, owner, monkeypatch):
    monkeypatch.setattr(AccessToken, "lifetime", timedelta(seconds=-1))

    assert knock(name, things, access_of(owner)).status_code == 401


@each_guarded
def test_with_a_refresh_token(name, things, owner):
    pair = sessions.open_session(member=owner, user_agent="pytest")

    assert knock(name, things, pair.refresh).status_code == 401


@each_guarded
def test_with_a_revoked_session(name, things, owner):
    token = access_of(owner)
    sessions.revoke(owner.sessions.get(id=tokens.session_id(tokens.read_access(token))))

    assert knock(name, things, token).status_code == 401


@each_guarded
def test_of_a_deleted_member(name, things):
    gone = make_member()
    token = access_of(gone)
    Member.objects.filter(id=gone.id).delete()

    assert knock(name, things, token).status_code == 401


@each_guarded
def test_of_a_deactivated_member(name, things, owner):
    token = access_of(owner)
    Member.objects.filter(id=owner.id).update(is_active=False)

    assert knock(name, things, token).status_code == 401


@each_guarded
def test_with_a_revoked_key(name, things, owner):
    made = keys.create(member=owner, name="revoked")
    keys.revoke(member=owner, key_id=made.row.id)

    assert knock(name, things, made.text).status_code == 401


@each_guarded
def test_with_a_key(name, things, owner):
    answer = knock(name, things, keys.create(member=owner, name="mine").text)

    if DOORS[name].access is Access.SESSION:
        assert (answer.status_code, code_of(answer)) == (403, "key_not_allowed")
    else:
        assert answer.status_code not in {401, 403, 404, 500}


@pytest.mark.parametrize("name", [name for name in behind_a_token() if OWNED.search(name)])
@pytest.mark.parametrize("made_up", [False, True], ids=["of another", "that never was"])
def test_what_is_not_ones_own_is_not_there(name, things, made_up):
    named = {key: str(uuid4()) for key in things} if made_up else things
    named["response_id"] = f"resp_{uuid4().hex}" if made_up else things["response_id"]

    answer = knock(name, named, access_of(make_member()))

    assert answer.status_code == 404
    assert code_of(answer) == "not_found"


@pytest.mark.parametrize("name", [name for name in behind_a_token() if OWNED.search(name)])
def test_the_owner_comes_in(name, things, owner):
    """Without this, the refusals above could have any reason."""
    if "restore" in name:
        owner.conversations.filter(id=things["conversation_id"]).update(deleted_at=timezone.now())

    assert knock(name, things, access_of(owner)).status_code < 400 or "replies" in name
