"""The official client against the application in this process; the worker is played by hand."""

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx2
from openai import AsyncOpenAI

from accounts.credentials import sessions
from api import threads
from chat.events import publisher
from chat.models import Reply
from chat.outcomes import ChoiceParts, Failure, Outcome
from chat.replies import lifecycle
from config.asgi import application
from support.eventually import comes_true

USER = {"role": "user", "content": "Hello"}
COMPLETION = {"model": "m", "messages": [USER]}
RESPONSE = {"model": "m", "input": "Hello"}

MODEL = "test-model"
BASE_URL = "http://localhost/v1"
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def official_client(key, **options) -> AsyncOpenAI:
    transport = httpx2.ASGITransport(app=application)
    http = httpx2.AsyncClient(transport=transport)
    options = {"max_retries": 0, "base_url": BASE_URL} | options
    return AsyncOpenAI(api_key=key, http_client=http, **options)


def key_of(member) -> str:
    return sessions.open_session(member=member, user_agent="pytest").access


@asynccontextmanager
async def meanwhile(coroutine):
    """Runs beside the block, and has ended well when the block has."""
    task = asyncio.ensure_future(coroutine)
    try:
        yield
    finally:
        async with asyncio.timeout(10):
            await task


async def open_reply() -> Reply:
    """The one that waits or runs, as soon as there is one."""

    def find():
        rows = Reply.objects.filter(status__in=["queued", "in_progress"])
        return rows.select_related("config", "prompt").order_by("-id").first()

    return await comes_true(lambda: threads.run(find))


async def claim() -> Reply:
    reply = await open_reply()
    return await threads.run(_claim, reply.id)


def _claim(reply_id: UUID) -> Reply:
    claimed = lifecycle.claim(reply_id=reply_id, worker=uuid4())
    assert claimed is not None
    publisher.publish([publisher.reply_updated(claimed)])
    return claimed


async def answer(*texts, finish_reason="stop", **columns) -> Reply:
    """Completes the reply that waits, as a worker would."""
    reply = await claim()
    choices = [
        ChoiceParts(index=index, content=text, finish_reason=finish_reason)
        for index, text in enumerate(texts)
    ]
    outcome = Outcome(choices=choices, columns=columns or dict(USAGE))
    await threads.run(_end, lifecycle.complete, reply, outcome)
    return reply


async def fail(code, detail="It failed.", text="") -> Reply:
    reply = await claim()
    failure = Failure(code=code, detail=detail, retryable=False)
    await threads.run(_end, lifecycle.fail, reply, failure, Outcome())
    return reply


async def cancel(text="") -> Reply:
    reply = await claim()
    choices = [ChoiceParts(index=0, content=text)] if text else []
    await threads.run(_end, lifecycle.cancel_running, reply, Outcome(choices=choices))
    return reply


def _end(end, reply, *arguments) -> None:
    end(reply, *arguments)
    publisher.publish(publisher.after_change(reply))
