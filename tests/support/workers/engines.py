"""What tests of a running engine wait for."""

from api import threads
from chat.models import Reply
from support.chat.reply_rows import make_reply, stored
from support.eventually import comes_true
from workers.models import Worker

CONFIG = {"model": "malgil-demo"}


async def made(member, **fields) -> Reply:
    """A queued reply whose model is the demo's."""
    return await threads.run(lambda: make_reply(member, config=CONFIG, **fields))


async def becomes(reply, status) -> Reply:
    """The reply's row, once it has that status."""

    async def look():
        row = await threads.run(stored, reply)
        return row if row.status == status else None

    return await comes_true(look)


async def another_beat() -> None:
    """Of the one worker there is."""
    before = (await threads.run_apart(Worker.objects.get)).beat_at

    async def look():
        return (await threads.run_apart(Worker.objects.get)).beat_at > before

    await comes_true(look)
