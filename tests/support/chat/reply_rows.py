"""Rows as the engine meets them, without the API: conversations, replies, workers."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from api.ids import uuid7
from chat import clock
from chat.limits import daily_limit
from chat.limits.daily_limit import Slot
from chat.models import ChatConfig, Conversation, Prompt, QuotaSlot, Reply
from chat.replies import lifecycle

MODEL = "test-model"


def make_conversation(member, **config) -> Conversation:
    conversation_id = uuid7()
    fields = {"model": MODEL, "stream": True} | config
    with transaction.atomic():
        row = ChatConfig(conversation_id=conversation_id, **fields)
        conversation = Conversation(id=conversation_id, member=member, title="Talk", config=row)
        conversation.save(force_insert=True)
        row.save(force_insert=True)
    return conversation


def make_reply(member, *, config=None, message="Hello", counted=False, due=False, **fields):
    """A queued reply of a new conversation; `counted` takes a slot, `due` lost its wake-up."""
    conversation = fields.pop("conversation", None) or make_conversation(member, **(config or {}))
    position = conversation.prompts.count()
    prompt = Prompt.objects.create(
        conversation=conversation, kind="message", answer=message, position=position
    )
    wake_at = timezone.now() + timedelta(seconds=-1 if due else 3600)
    defaults = {"id": uuid7(), "wake_at": wake_at, "created_at": timezone.now()}
    reply = Reply(
        member=member,
        conversation=conversation,
        config=conversation.config,
        prompt=prompt,
        **defaults | fields,
    )
    with transaction.atomic():
        if counted:
            take_slot(member, reply_id=reply.id, now=clock.now())
        reply.save(force_insert=True)
    return reply


def take_slot(member, *, reply_id, now) -> Slot:
    """As an accept does, without the reply."""
    with daily_limit.Reservation(member) as reservation:
        slot = next(reservation.slots(now=now))
        QuotaSlot.objects.create(member=member, day=slot.day, slot=slot.number, reply_id=reply_id)
    return slot


def make_running(member, *, worker: UUID | None = None, **fields) -> Reply:
    """A claimed reply, as `replies.claim` gives it."""
    reply = make_reply(member, **fields)
    claimed = lifecycle.claim(reply_id=reply.id, worker=worker or uuid4())
    assert claimed is not None
    return claimed


def stored(reply) -> Reply:
    return Reply.objects.get(id=reply.id)


def set_directly(reply, **fields) -> None:
    """Past `chat.replies.lifecycle`, for what a test starts from. The database's rules hold."""
    Reply.objects.filter(id=reply.id).update(**fields)


@contextmanager
def unchanged(reply):
    """The row is the same after the block as before it."""
    before = Reply.objects.filter(id=reply.id).values().get()
    yield
    assert Reply.objects.filter(id=reply.id).values().get() == before


def another_member():
    from accounts.models import Member

    email = f"{uuid4()}@example.com"
    return Member.objects.create_user(email=email, nickname="Other", password="x")
