"""Finding conversations by what was said in them."""

import unicodedata

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.people import make_member
from support.refusals import refused
from support.talking import INTAKE, ask, begin, complete, exchange, tell

from chat.models import Conversation, Passage
from chat.resources import search

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"


def found(api, text, **query):
    answer = api.get(PATH, {"q": text, **query})
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.fixture
def talk(api):
    """The id of a conversation with a title, an intake, a message and two choices, and another."""
    conversation = begin(api, title="Kimchi for Beginners")
    tell(api, conversation, **INTAKE | {"goal": "배추김치를 담그고 싶어요"})
    complete(ask(api, conversation), "Salt the CABBAGE overnight.", "Ask your grandmother 😀.")
    exchange(api, conversation, "Is 100% sea_salt fine in C:\\jars?", "Éclair. ΣΊΣΥΦΟΣ. Да!")
    exchange(api, begin(api, intake=False), "Quite unrelated", "Indeed")
    return conversation["id"]


@pytest.mark.parametrize(
    "text",
    [
        *("Kimchi for Beginners", "kimchi", "KIMCHI", "mc", "Beginners", "s"),
        *("배추김치를 담그고 싶어요", "배추김치", "추김", "치", "담그고 싶"),
        *("I know nothing", "be brief"),
        *("cabbage", "Salt the Cabbage overnight.", "grandmother", "😀", "😀."),
        *("100%", "%", "sea_salt", "_", "C:\\jars?", "\\", "0%", "a_s"),
        *("éclair", "ÉCL", "é", "Да", "да!"),
        *(" kimchi ", "grandmother 😀", "salt the"),
    ],
    ids=ascii,
)
def test_what_was_said_is_found(api, talk, text):
    assert found(api, text) == [talk]


@pytest.mark.parametrize(
    "text",
    [
        *("kimchii", "kim chi", "for beginners kimchi", "김치배추", "배추 김치", "zz", "힣", "😁"),
        *(
            "100_",
            "sea%salt",
            "sea-salt",
            "%%",
            "__",
            "\\\\",
            "C:/jars",
            "*",
            ".*",
            "'",
            '"',
            "'--",
        ),
        *("the the", "over the night", "x" * 200, "가" * 200),
    ],
    ids=ascii,
)
def test_what_was_not_said_is_not_found(api, talk, text):
    assert found(api, text) == []


def test_runs_that_do_not_stand_together_are_no_match(api):
    exchange(api, begin(api, intake=False), "abcd bcde cdef", "Hi")
    whole = begin(api, intake=False)
    exchange(api, whole, "xabcdefx", "Hi")

    assert found(api, "abcdef") == [whole["id"]]


def test_decomposed_hangul_is_the_same_as_composed(api):
    conversation = begin(api, title=unicodedata.normalize("NFD", "배추김치"))

    for form in ("NFC", "NFD"):
        assert found(api, unicodedata.normalize(form, "추김")) == [conversation["id"]]


def test_the_questions_of_the_bot_are_not_what_was_said(api):
    begin(api)

    assert found(api, "Where do you stand") == []


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_searching_for_nothing_lists_all(api, talk, text):
    assert len(found(api, text)) == 2


def test_a_new_title_is_found_and_the_old_one_not(api):
    conversation = begin(api, title="Before")

    api.patch(f"{PATH}/{conversation['id']}", {"title": "Afterwards"}, format="json")

    assert found(api, "before") == []
    assert found(api, "afterwards") == [conversation["id"]]


def test_a_changed_answer_is_found_and_the_old_one_not(api):
    conversation = begin(api)
    tell(api, conversation, misc="Something spicy")
    tell(api, conversation, misc="Nothing hot")

    assert found(api, "spicy") == []
    assert found(api, "nothing hot") == [conversation["id"]]


def test_nobody_finds_what_others_said(api, client_of, talk):
    assert found(client_of(make_member()), "kimchi") == []


def test_deleted_ones_are_not_found_and_archived_ones_apart(api):
    kept, archived, deleted = (begin(api, title="Kimchi") for _ in range(3))
    Conversation.objects.filter(id=archived["id"]).update(archived=True)
    Conversation.objects.filter(id=deleted["id"]).update(deleted_at="2026-01-01T00:00:00Z")

    assert found(api, "kimchi") == [kept["id"]]
    assert found(api, "kimchi", archived="true") == [archived["id"]]


@pytest.mark.parametrize("text", ["kim", "kimchi"])
def test_the_pages_of_a_search_give_every_match_once_in_the_lists_order(api, text):
    kimchi = [begin(api, title="Kimchi", intake=False)["id"] for _ in range(5)]
    begin(api, title="Cabbage")
    Conversation.objects.filter(id=kimchi[0]).update(pinned=True)
    in_order = [kimchi[0], *reversed(kimchi[1:])]

    page = api.get(PATH, {"q": text, "page_size": 2}).json()
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == in_order

    back = api.get(page["previous"]).json()
    assert [row["id"] for row in back["results"]] == in_order[2:4]


@pytest.mark.parametrize(
    "text", ["x" * 201, "가" * 10_000, "a" * 10_240, "a\x00b", "\x00"], ids=lambda text: text[:5]
)
def test_a_search_that_cannot_be_is_named(api, text):
    refused(api.get(PATH, {"q": text}), 400, "invalid", "q")


def test_bytes_that_are_no_text_are_no_match(api, talk):
    assert api.get(f"{PATH}?q=%ff%fe").json()["results"] == []
    assert api.get(f"{PATH}?q=%ed%a0%80").json()["results"] == []


def test_a_search_costs_one_query_more_whatever_it_finds(api, talk):
    def queries(text):
        with CaptureQueriesContext(connection) as captured:
            found(api, text)
        return len(captured)

    searching = queries("") + 1
    assert [queries(text) for text in ("kimchi", "no such thing", "k")] == [searching] * 3


def test_the_index_is_used_however_common_a_text_is(api, talk):
    def scans():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_get_xact_numscans('passage_runs'::regclass)")
            return cursor.fetchone()[0]

    for text in ("kimchi", "e", "no such thing"):
        before = scans()
        found(api, text)
        assert scans() == before + 1


@pytest.mark.parametrize("most", [0, 1, 5000])
@pytest.mark.parametrize("text", ["kimchi", "k", "배추", "salt"])
def test_a_common_text_is_found_in_another_way_with_the_same_result(
    api, talk, monkeypatch, most, text
):
    begin(api, title="Kimchi, once more: salt the 배추")
    archived = begin(api, title="Kimchi, salt, 배추")
    Conversation.objects.filter(id=archived["id"]).update(archived=True)
    expected = found(api, text)

    monkeypatch.setattr(search, "_COMMON", most)

    assert found(api, text) == expected
    assert len(expected) == 2


def test_what_is_searched_goes_with_its_conversation(api, talk):
    Conversation.objects.get(id=talk).delete()

    assert Passage.objects.filter(conversation_id=talk).count() == 0
    assert Passage.objects.exists()
