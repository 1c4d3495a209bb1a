"""An accept over HTTP: on which threads it runs, and which requests are none."""

import orjson
import pytest
from support.talking import begin, post_reply

from api import threads
from chat.events import publisher
from chat.models import QuotaSlot, Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture
def hops(monkeypatch):
    """What is run on the database's threads."""
    run, functions = threads.run, []

    async def counted(function, *args, **kwargs):
        functions.append(function)
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(threads, "run", counted)
    return functions


def test_authentication_and_accept_take_one_hop_to_a_thread(api, hops):
    conversation = begin(api, intake=False)
    hops.clear()

    answer = post_reply(api, conversation, message="Hello")

    assert answer.status_code == 202
    assert answer["RateLimit"].startswith('"daily";r=4;')
    assert len(hops) == 1


def test_what_only_asks_for_the_options_accepts_nothing(api):
    conversation = begin(api, intake=False)

    answer = api.options(f"/api/v1/conversations/{conversation['id']}/replies")

    assert answer.status_code == 200
    assert not Reply.objects.exists()
    assert not QuotaSlot.objects.exists()


def test_a_socket_is_sent_the_resource_of_the_answer(api, monkeypatch):
    events = []
    monkeypatch.setattr(publisher, "publish", events.extend)
    conversation = begin(api, intake=False)

    answer = post_reply(api, conversation, message="Hello")

    frames = [orjson.loads(event.frame) for event in events if event.kind == "reply.updated"]
    assert frames == [{"type": "reply.updated", "reply": answer.json()}]
