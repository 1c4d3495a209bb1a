"""`GET me/export`."""

import json

import pytest
from asgiref.sync import async_to_sync
from support.people import make_member
from support.talking import begin, detail, exchange

from accounts.credentials import keys
from workers.models import Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


def exported(api):
    answer = api.get("/api/v1/me/export")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="malgil-')
    return async_to_sync(_read)(answer).decode()


async def _read(answer):
    return b"".join([part async for part in answer])


def test_it_holds_everything_of_the_member_and_nothing_of_others(api, member, client_of):
    talk = begin(api, intake=False, title="Rivers")
    exchange(api, talk, "Hello", "Hi!")
    whole = detail(api, talk)
    gone = begin(api, title="Lakes")
    api.delete(f"/api/v1/conversations/{gone['id']}")
    begin(client_of(make_member()), title="Mountains")
    made = keys.create(member=member, name="a program")
    Webhook.objects.create(member=member, url="https://a.example/", secret="whsec_hidden")

    text = exported(api)
    found = json.loads(text)

    assert found["member"] == api.get("/api/v1/me").json()
    assert [session["current"] for session in found["sessions"]] == [True]
    assert [key["name"] for key in found["keys"]] == ["a program"]
    assert [webhook["url"] for webhook in found["webhooks"]] == ["https://a.example/"]
    assert [one["title"] for one in found["conversations"]] == ["Rivers", "Lakes"]
    assert found["conversations"][0] == whole
    assert made.text not in text
    assert "whsec_" not in text
    assert "Mountains" not in text


def test_a_member_without_anything_gets_valid_json(api):
    assert json.loads(exported(api))["conversations"] == []
