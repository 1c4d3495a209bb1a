"""An attempt at a reply as the engine runs it, and what was told and stored of it."""

import asyncio
import json

import msgpack
from redis.asyncio import Redis

from chat.events import messages
from chat.models import Choice
from support.chat.reply_rows import make_running
from support.drivers.demo_driver import MODEL
from workers.generation.attempt import Generation
from workers.model.model_server import ModelServer
from workers.streaming.live_writer import LiveWriter


async def attempt(reply, during=None):
    """Runs the claimed reply as the engine does; what was told of it, in order."""
    from django.conf import settings

    model, live = ModelServer(), LiveWriter()
    generation = Generation(reply=reply, model=model, live=live)
    async with Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as pubsub:
        await pubsub.subscribe(f"asgi__group__{messages.member_group(reply.member_id)}")
        await pubsub.get_message(timeout=5)
        running = asyncio.ensure_future(generation.run())
        if during is not None:
            await during(generation)
        async with asyncio.timeout(15):
            await running
        await live.close()
        await model.close()
        told = []
        while message := await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.05):
            told += messages.from_wire(msgpack.unpackb(message["data"]))["events"]
    return generation, told


def claimed(member, **config):
    return make_running(member, config={"model": MODEL} | config, counted=True)


def texts_of(told):
    """What a client makes of the deltas; each must be the next."""
    texts, position = {}, 0
    for event in told:
        if event.kind == "reply.delta":
            delta = json.loads(event.frame)
            assert delta["seq"] == event.seq == position + 1
            position = event.seq
            texts[delta["choice"]] = texts.get(delta["choice"], "") + delta["text"]
    return texts


def contents(reply):
    return {choice.index: choice.content for choice in Choice.objects.filter(reply=reply.id)}
