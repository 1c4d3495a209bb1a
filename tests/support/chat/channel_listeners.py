"""Channels of the channel layer, those who listen there, and what is published to them."""

import asyncio
from uuid import UUID, uuid4

from chat.events import messages
from chat.events.event import Event
from chat.live.channel_layer import EventChannelLayer
from support.eventually import comes_true

ADA, BEN = uuid4(), uuid4()


class Listener:
    """Takes the events of its channel at once, as many as it may; the number of each."""

    def __init__(self, most=1000):
        self.taken = []
        self.most = most

    def on_message(self, message):
        if len(self.taken) >= self.most:
            return message
        self.taken += numbers_of(message)
        return None

    async def has(self, *numbers):
        await comes_true(lambda: self.taken == list(numbers))


def numbers_of(message):
    return [encoded.event.seq for encoded in message["events"]]


def events_of(member, *numbers):
    return messages.member_events(
        Event(member=str(member), kind="x", frame="{}", seq=number) for number in numbers
    )


async def publish(publisher, member: UUID, *numbers):
    """As whoever has a pipeline of its own. How many connections it reached."""
    layer = EventChannelLayer(url="redis://nowhere")
    packed = layer.packed(messages.member_group(member), events_of(member, *numbers))
    return await publisher.publish(*packed)


async def joined(layer, *members):
    """A new channel that is in the members' groups."""
    channel = await layer.new_channel()
    for member in members:
        await layer.group_add(messages.member_group(member), channel)
    return channel


async def listening(layer, *members):
    listener, channel = Listener(), await joined(layer, *members)
    layer.hand_on(channel, listener.on_message)
    return listener


async def received(layer, channel):
    async with asyncio.timeout(10):
        return numbers_of(await layer.receive(channel))
