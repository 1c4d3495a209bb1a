"""From ended replies to what a sender makes of their deliveries."""

import asyncio

from api import threads
from support.eventually import comes_true
from support.webhooks.hooks import make_ended, make_webhook
from workers.models import Delivery


async def looks_until(sender, condition):
    """As the watch would: again and again."""

    async def look():
        sender.look()
        await asyncio.sleep(0.01)
        return condition()

    return await comes_true(look)


async def all_finished(sender):
    async def look():
        sender.look()
        await asyncio.sleep(0.01)
        return not await threads.run(Delivery.objects.filter(finished_at=None).exists)

    await comes_true(look)
    return await threads.run(lambda: list(Delivery.objects.order_by("id")))


async def ended(member, *urls, count=1):
    """The webhooks, and the replies that ended."""
    webhooks = [await threads.run(make_webhook, member, url) for url in urls]
    return webhooks, [await threads.run(make_ended, member) for _ in range(count)]
