"""Querysets compiled once ask what the querysets themselves ask."""

from uuid import uuid4

import pytest
from django.db.models import Value
from support.people import make_member

from accounts.models import Session
from api.prepared import FrozenValue, Prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def sessions(member):
    others = [member, make_member(), make_member()]
    made = [Session(member=one, user_agent=f"Agent {number}") for number, one in enumerate(others)]
    return Session.objects.bulk_create(made)


def test_each_call_has_its_own_values(sessions, django_assert_num_queries):
    by_id = Prepared(lambda id: Session.objects.select_related("member").filter(id=id))

    with django_assert_num_queries(len(sessions)):
        found = [by_id.get(id=session.id) for session in sessions]
        assert [one.member.email for one in found] == [one.member.email for one in sessions]
    assert found == sessions


def test_values_of_several_places_are_not_mixed_up(sessions):
    of = Prepared(
        lambda member, agent: Session.objects.filter(
            user_agent=agent, member=member, revoked_at=None
        )
    )
    first, second, _ = sessions

    assert of.all(member=first.member_id, agent="Agent 0") == [first]
    assert of.all(member=second.member_id, agent="Agent 1") == [second]
    assert of.all(member=first.member_id, agent="Agent 1") == []


def test_what_is_not_there_is_said_as_django_says_it(sessions):
    by_id = Prepared(lambda id: Session.objects.filter(id=id))

    assert by_id.first(id=uuid4()) is None
    with pytest.raises(Session.DoesNotExist):
        by_id.get(id=uuid4())


FROZEN = {
    "a slice": lambda agent, number: Session.objects.filter(user_agent=agent)[:number],
    "left out": lambda agent, number: Session.objects.filter(user_agent=agent),
    "computed": lambda agent, number: Session.objects.filter(user_agent=agent).annotate(
        more=Value(number + 1)
    ),
    "once as it is, once in a slice": lambda agent, number: Session.objects.filter(
        user_agent=agent
    ).annotate(same=Value(number))[:number],
    "once as it is, once within a text": lambda agent, number: Session.objects.filter(
        user_agent=agent
    ).annotate(same=Value(number), text=Value(f"Number {number}")),
}


@pytest.mark.parametrize("build", FROZEN.values(), ids=FROZEN)
def test_a_value_that_would_be_frozen_is_refused_by_its_name(sessions, build):
    with pytest.raises(FrozenValue, match=": number\\."):
        Prepared(build).all(agent="Agent 0", number=1)
