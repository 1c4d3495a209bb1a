"""`POST /v1/chat/completions`."""

import asyncio
import time

from aiohttp import web

from demo.errors import ApiError
from demo.model import MODEL
from demo.models import check_key, check_model

from .behaviour.settings import Fault, Settings
from .generation import draft, plan
from .requests import request
from .wire import delivery
from .wire.journal import Exchange
from .wire.objects import Heading
from .wire.pacing import Pace


async def create(http: web.Request) -> web.StreamResponse:
    raw = await http.read()
    received_at = time.monotonic()
    body = request.load(raw)
    asked = request.last_user_text(body)
    model = http.app[MODEL]
    with model.journal.open(
        path=http.path, authorized="Authorization" in http.headers, body=raw, asked=asked
    ) as exchange:
        settings = model.settings_for(asked)
        try:
            return await _answer(http, exchange, settings, body=body, received_at=received_at)
        except ApiError as error:
            exchange.answer(status=error.status, body=error.body())
            return error.response()


async def _answer(
    http: web.Request,
    exchange: Exchange,
    settings: Settings,
    *,
    body: object,
    received_at: float,
) -> web.StreamResponse:
    """Raises ApiError for a request that is wrong, or told to fail."""
    check_key(http, settings)
    chat = request.read(body, refuse=settings.refuse)
    check_model(chat.model, settings)
    if settings.fault is Fault.HANG:
        await delivery.never()
    if settings.fault is Fault.STATUS:
        exchange.fault_shown = True
        raise plan.refusal(settings)
    heading = Heading(model=chat.model)
    words = draft.write(chat, settings)
    first_at = received_at + settings.first_token_ms / 1000
    pace = Pace(first_at=first_at, per_second=settings.tokens_per_second)
    if chat.stream:
        stream = plan.stream(heading, words, settings, usage=chat.include_usage)
        return await delivery.stream(http, exchange, stream, draft=words, pace=pace)
    await asyncio.sleep(pace.due_at(words.longest) - time.monotonic())
    whole = plan.body(heading, words, settings)
    return await delivery.body(http, exchange, whole, draft=words)
