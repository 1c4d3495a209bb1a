"""Deleting rows for good: what hangs on them goes along, what was used of a day stays."""

import pytest
from support.talking import begin, exchange

from chat.models import ChatConfig, Choice, Conversation, Prompt, QuotaSlot, Reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(api):
    begun = begin(api, intake=False)
    exchange(api, begun, "Hello", "Hi!", "Hey!", config={"n": 2})
    exchange(api, begun, "And now?", "Go on")
    return Conversation.objects.get()


def test_a_conversation_goes_with_all_its_turns_but_not_its_slots(conversation):
    conversation.delete()

    for model in (Conversation, ChatConfig, Prompt, Reply, Choice):
        assert not model.objects.exists()
    assert QuotaSlot.objects.count() == 2


def test_a_member_goes_with_everything(conversation, member):
    member.delete()

    for model in (Conversation, ChatConfig, Prompt, Reply, Choice, QuotaSlot):
        assert not model.objects.exists()
