"""Replies whose text is on its way, and the events of them that sockets hear."""

import asyncio
from contextlib import asynccontextmanager

import msgpack

from accounts.models import Member
from api.ids import uuid7
from chat.events import messages
from chat.events.event import Event
from chat.models import ChatConfig, Reply
from support.eventually import SECONDS

WORDS = ["Hello", " 안녕", "하세요", " 😀👩‍👩‍👧", "é", "\n\n", "x" * 200]


def running_reply(n=1):
    """Not in any table: the writer asks none."""
    config = ChatConfig(model="m", n=n)
    member = Member(email="a@example.com")
    return Reply(id=uuid7(), member=member, conversation_id=uuid7(), config=config, attempt=1)


@asynccontextmanager
async def eventually():
    async with asyncio.timeout(SECONDS):
        yield


async def heard(listener, until):
    """Events up to and with the first for which `until` is true."""
    told: list[Event] = []
    async with eventually():
        while not (told and until(told[-1])):
            message = await listener.get_message(ignore_subscribe_messages=True, timeout=1)
            if message is not None:
                told += messages.from_wire(msgpack.unpackb(message["data"]))["events"]
    return told


def the_end(reply, revision=9):
    return Event(
        member=str(reply.member_id),
        kind="reply.updated",
        frame="{}",
        reply=str(reply.id),
        attempt=1,
        revision=revision,
        terminal=True,
    )


def is_end(event):
    return event.terminal
