"""One cell of the crash matrix: a fault, at a moment, with 30 replies in flight."""

import asyncio
import signal
import time
from dataclasses import dataclass

from .crowd import Crowd
from .faults import MOMENTS, TOKENS, Fault, model_script
from .stack import Stack

IN_FLIGHT = 30
SLOW_FIRST_TOKEN_MS = 1500


@dataclass(frozen=True)
class Result:
    """What a cell measured. Times in seconds from the fault."""

    fault: str
    moment: str
    replies: int
    model_calls: int
    rescued: int
    resumed: float | None  # until the last reply that lost its attempt was running again
    ended: float  # until the last reply ended


async def run(stack: Stack, fault: Fault, moment: str) -> Result:
    """Raises AssertionError for anything lost, doubled, or shown and not stored."""
    stack.reset_model()
    slow = SLOW_FIRST_TOKEN_MS if moment == "before first token" else 50
    stack.model(tokens=TOKENS, tokens_per_second=40, first_token_ms=slow)
    async with Crowd(stack, size=IN_FLIGHT) as crowd:
        if fault.model:
            stack.script(*model_script(fault, moment, IN_FLIGHT))
        began = await _strike_at(stack, crowd, fault, moment)
        await crowd.until_ended()
        ended = time.monotonic() - began
        await crowd.check()
        return _measured(stack, crowd, fault, moment, began, ended)


async def _strike_at(stack: Stack, crowd: Crowd, fault: Fault, moment: str) -> float:
    if moment == "before claim":
        return await _before_claim(stack, crowd, fault)
    asking = asyncio.ensure_future(crowd.ask(f"{fault.name} {moment}"))
    await asking
    if moment == "before first token":
        await crowd.until_all(lambda s, r: _running(s, r), what="all in progress")
    elif moment == "mid-stream":
        await crowd.until_words(TOKENS // 3)
    else:
        await crowd.until_words(TOKENS - 4)
    began = time.monotonic()
    await fault.strike(stack)
    return began


async def _before_claim(stack: Stack, crowd: Crowd, fault: Fault) -> float:
    """The workers stand still while the questions are accepted, shorter than a lease."""
    for worker in stack.workers:
        worker.send(signal.SIGSTOP)
    try:
        await crowd.ask(f"{fault.name} before claim")
        began = time.monotonic()
        if fault.name.startswith("SIGTERM"):  # a stopped process takes no SIGTERM
            _continue(stack)
        await fault.strike(stack)
    finally:
        _continue(stack)
    return began


def _continue(stack: Stack) -> None:
    for worker in stack.workers:
        if worker.running:
            worker.send(signal.SIGCONT)


def _running(socket: object, reply: str) -> bool:
    return any(
        frame["reply"]["status"] != "queued"
        for frame in socket.of("reply.updated", reply)  # type: ignore[attr-defined]
    )


def _measured(
    stack: Stack, crowd: Crowd, fault: Fault, moment: str, began: float, ended: float
) -> Result:
    ids = [reply["id"] for reply in crowd.replies]
    rows = stack.rows("SELECT rescues, attempt FROM chat_reply WHERE id = ANY(%s)", ids)
    running_again = [
        arrival - began
        for socket, reply in zip(crowd.sockets, crowd.replies, strict=True)
        for arrival in socket.restarts.get(reply["id"], [])
        if arrival > began
    ]
    return Result(
        fault=fault.name,
        moment=moment,
        replies=len(ids),
        model_calls=len(stack.model_requests(f"{fault.name} {moment}")),
        rescued=sum(rescues for rescues, _ in rows),
        resumed=round(max(running_again), 2) if running_again else None,
        ended=round(ended, 2),
    )


def cells(faults: list[Fault]) -> list[tuple[Fault, str]]:
    return [(fault, moment) for fault in faults for moment in MOMENTS]
