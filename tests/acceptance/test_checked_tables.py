"""The checker's look into the tables: each row that is missing or too many is found."""

from uuid import uuid4

import pytest
from django.db import connection
from support.processes import invariants
from support.processes.fake_server import TEXT
from support.talking import ask, begin, complete

from chat.models import Choice, QuotaSlot


class Tables:
    """The test's own, asked as a stack's are."""

    def rows(self, statement, *values):
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


@pytest.fixture
def answered(api):
    """The id of a reply with its answer and its slot."""
    conversation = begin(api, intake=False)
    reply = ask(api, conversation, message="hi")
    complete(reply, TEXT)
    return reply["id"]


def found(reply):
    with pytest.raises(AssertionError):
        invariants.check(Tables(), [reply])
    return True


def test_a_reply_with_its_answer_and_its_slot_is_well(answered, member):
    assert invariants.check(Tables(), [answered]) == {"completed": 1, "accepted": 1}
    assert invariants.slots(Tables(), str(member.id)) == 1
    invariants.check_one_each(Tables(), [answered])


def test_a_reply_that_has_not_ended_is_found(api):
    assert found(ask(api, begin(api, intake=False), message="hi")["id"])


def test_a_missing_slot_is_found(answered):
    QuotaSlot.objects.filter(reply_id=answered).delete()

    assert found(answered)


def test_a_slot_too_many_is_found(answered, member):
    slot = QuotaSlot.objects.get(reply_id=answered)
    QuotaSlot.objects.create(member=member, day=slot.day, slot=slot.slot + 1, reply_id=uuid4())

    assert found(answered)


def test_a_missing_answer_is_found(answered):
    Choice.objects.filter(reply_id=answered).delete()

    assert found(answered)


def test_a_doubled_answer_is_found(answered):
    Choice.objects.create(reply_id=answered, index=1, content=TEXT, finish_reason="stop")

    assert found(answered)


def test_a_lost_row_is_found(answered):
    with pytest.raises(AssertionError, match="1 of 2"):
        invariants.check(Tables(), [answered, str(uuid4())])


def test_a_question_that_was_accepted_twice_is_found(api):
    conversation = begin(api, intake=False)
    reply = ask(api, conversation, message="hi")
    complete(reply, TEXT)
    ask(api, conversation, message="hi")

    with pytest.raises(AssertionError, match=conversation["id"]):
        invariants.check_one_each(Tables(), [reply["id"]])
