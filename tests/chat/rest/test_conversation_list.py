"""The list of conversations: its order, its pages, its cost."""

import base64
import json
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.people import make_member
from support.refusals import refused
from support.talking import ask, begin, exchange

from chat.models import ChatConfig, Conversation

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def listed(api, path=PATH, **query):
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(page):
    return [row["id"] for row in page["results"]]


def conversation(member, *, minute=0, **fields):
    made = Conversation(member=member, active_at=NOON + timedelta(minutes=minute), **fields)
    made.config = ChatConfig(conversation=made, model="test-model")
    made.save()
    made.config.save()
    return str(made.id)


@pytest.fixture
def seven(member):
    """The ids of seven conversations in the order of the list; some of them tie."""
    old = conversation(member, minute=1)
    ties = [conversation(member, minute=2) for _ in range(4)]
    pinned_old = conversation(member, minute=0, pinned=True)
    pinned_new = conversation(member, minute=9, pinned=True)
    return [pinned_new, pinned_old, *reversed(ties), old]


def test_pinned_ones_come_first_then_the_newest(api, seven):
    page = listed(api)

    assert ids(page) == seven
    assert page["next"] is None
    assert page["previous"] is None


def test_a_summary_has_the_last_reply_instead_of_the_turns(api):
    quiet, busy = begin(api, intake=False), begin(api, intake=False)
    exchange(api, busy, "Hello", "Hi!")
    reply = ask(api, busy, message="And now?")

    newest, oldest = listed(api)["results"]

    assert newest["id"] == busy["id"]
    assert newest["last_reply"] == {"id": reply["id"], "status": "queued"}
    assert newest["title"] == "Hello"
    assert oldest == {
        name: value for name, value in quiet.items() if name not in {"prompts", "replies"}
    } | {"last_reply": None}


def test_saying_something_moves_a_conversation_up(api):
    first, second = begin(api, intake=False), begin(api, intake=False)
    assert ids(listed(api)) == [second["id"], first["id"]]

    ask(api, first, message="Hello")

    assert ids(listed(api)) == [first["id"], second["id"]]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_the_pages_give_every_row_once_in_both_directions(api, seven, size):
    page = listed(api, page_size=size)
    assert page["previous"] is None
    forwards, backwards = [ids(page)], []
    while page["next"]:
        page = listed(api, page["next"])
        forwards.append(ids(page))
    backwards.append(ids(page))
    while page["previous"]:
        page = listed(api, page["previous"])
        backwards.insert(0, ids(page))

    assert list(chain.from_iterable(forwards)) == seven
    assert list(chain.from_iterable(backwards)) == seven
    assert all(len(rows) == size for rows in forwards[:-1])


def test_rows_that_come_and_go_between_pages_repeat_and_hide_nothing(api, member, seven):
    page = listed(api, page_size=3)
    conversation(member, minute=30)
    Conversation.objects.filter(id=seven[2]).delete()

    assert ids(listed(api, page["next"])) == seven[3:6]


def test_the_links_keep_the_rest_of_the_query(api, member):
    archived = [conversation(member, minute=minute, archived=True) for minute in range(3)]
    conversation(member)

    page = listed(api, archived="true", page_size=2)

    assert ids(page) == [archived[2], archived[1]]
    assert ids(listed(api, page["next"])) == [archived[0]]


def test_archived_ones_are_listed_apart(api, member):
    kept, archived = conversation(member), conversation(member, archived=True)

    assert ids(listed(api)) == ids(listed(api, archived="false")) == [kept]
    assert ids(listed(api, archived="true")) == [archived]


def test_deleted_ones_and_those_of_others_are_not_listed(api, member):
    conversation(member, deleted_at=NOON)
    conversation(make_member())

    assert listed(api) == {"next": None, "previous": None, "results": []}


def test_a_page_holds_30_unless_asked_otherwise(api, member):
    for _ in range(31):
        conversation(member)

    assert len(ids(listed(api))) == 30
    assert len(ids(listed(api, page_size=100))) == 31


def test_the_list_costs_the_same_whatever_its_length(api, member, settings):
    settings.CHAT_DAILY_LIMIT = 100
    exchange(api, begin(api, intake=False), "Hello", "Hi!")
    few = queries(lambda: listed(api))
    for _ in range(29):
        exchange(api, begin(api, intake=False), "Hello", "Hi!")
    assert len(ids(listed(api))) == 30

    assert queries(lambda: listed(api)) == few


def packed(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


MOMENT, ID = NOON.isoformat(), "0190a6c8-0000-7000-8000-000000000000"
BAD_CURSORS = [
    "",
    "x",
    "nonsense",
    "커서",
    "AAAA",
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"5").decode(),
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b"[" * 9000).decode(),
    packed(),
    packed(0),
    packed(0, False, MOMENT),
    packed(0, False, MOMENT, ID, ID),
    packed(0, 1, MOMENT, ID),
    packed(0, "false", MOMENT, ID),
    packed(0, False, 5, ID),
    packed(0, False, None, ID),
    packed(0, False, "yesterday", ID),
    packed(0, False, "2026-13-01T00:00:00Z", ID),
    packed(0, False, "2026-05-01T12:00:00", ID),
    packed(0, False, MOMENT, 5),
    packed(0, False, MOMENT, None),
    packed(0, False, MOMENT, "no-uuid"),
    packed(0, False, MOMENT, "\x00"),
]


@pytest.mark.parametrize("cursor", BAD_CURSORS, ids=lambda cursor: ascii(cursor)[:40])
def test_a_cursor_that_is_not_ours_is_named(api, cursor):
    refused(api.get(PATH, {"cursor": cursor}), 400, "invalid", "cursor")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_at_the_ends_of_time_is_harmless(api, member, moment):
    conversation(member)

    assert api.get(PATH, {"cursor": packed(0, False, moment, ID)}).status_code == 200


@pytest.mark.parametrize(
    "size",
    ["0", "101", "-1", "x", "", "1.5", "00000000099999", "9" * 5000, "²"],
    ids=lambda size: size[:9],
)
def test_a_page_size_out_of_bounds_is_named(api, size):
    refused(api.get(PATH, {"page_size": size}), 400, "invalid", "page_size")


@pytest.mark.parametrize("value", ["", "1", "True", "yes", "null"])
def test_archived_is_true_or_false(api, value):
    refused(api.get(PATH, {"archived": value}), 400, "invalid", "archived")


def queries(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)
