"""Puts a planned answer on the wire, and into the journal.

The bytes of a body go to the transport directly: aiohttp's own writer costs a coroutine a write.
"""

import asyncio
from typing import cast

from aiohttp import HttpVersion11, web

from demo.generation.draft import Draft
from demo.generation.plan import BodyPlan, Ending, StreamPlan

from .journal import Exchange
from .pacing import Pace, Sending

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}


async def never() -> None:
    """Returns by being cancelled, when the client leaves."""
    await asyncio.get_running_loop().create_future()


async def stream(
    http: web.Request, exchange: Exchange, plan: StreamPlan, *, draft: Draft, pace: Pace
) -> web.StreamResponse:
    exchange.answer(status=200)
    response, transport = await _prepare(http, web.StreamResponse(headers=STREAM_HEADERS))
    chunked = http.version >= HttpVersion11

    def write(data: bytes) -> None:
        transport.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
        exchange.tokens = draft.tokens_until(sending.sent)
        if exchange.events is not None:
            exchange.events.append(data)

    sending = Sending(plan=plan, pace=pace, transport=transport, write=write)
    try:
        await sending.finish()
    finally:
        exchange.fault_shown = sending.fault_shown
    return await _end(response, transport, plan.ending)


async def body(
    http: web.Request, exchange: Exchange, plan: BodyPlan, *, draft: Draft
) -> web.StreamResponse:
    if plan.ending is Ending.STALL:
        await never()
    sent = plan.body[: len(plan.body) // 2] if plan.ending is Ending.CUT else plan.body
    exchange.answer(status=200, body=sent)
    exchange.fault_shown = plan.fault_shown
    exchange.tokens = draft.tokens_until(draft.longest)
    whole = web.StreamResponse(headers={"Content-Type": "application/json"})
    whole.content_length = len(plan.body)
    response, transport = await _prepare(http, whole)
    transport.write(sent)
    return await _end(response, transport, plan.ending)


async def _prepare(
    http: web.Request, response: web.StreamResponse
) -> tuple[web.StreamResponse, asyncio.WriteTransport]:
    await response.prepare(http)
    if http.transport is None:  # the client has left; the cancellation is on its way
        await never()
    return response, cast(asyncio.WriteTransport, http.transport)  # uvloop's is no subclass


async def _end(
    response: web.StreamResponse, transport: asyncio.WriteTransport, ending: Ending
) -> web.StreamResponse:
    if ending is Ending.STALL:
        await never()
    if ending is Ending.CUT:
        transport.close()  # sends what is written; aiohttp can add no end to the body after it
    return response
