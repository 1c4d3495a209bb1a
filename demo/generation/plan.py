"""How an answer is sent, step by step, with the fault it was told to have."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import islice

from demo.behaviour.settings import Fault, Settings
from demo.errors import ApiError
from demo.wire.objects import DONE, Chunks, Heading, completion, event

from .draft import Draft

GARBAGE = b"{not json"


class Ending(Enum):
    CLEAN = auto()
    """The HTTP body ends as it should."""
    STALL = auto()
    """Nothing more comes, and the connection stays open."""
    CUT = auto()
    """The connection closes in the middle of the HTTP body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    head: bytes
    """Goes out with the first step."""
    steps: Iterator[bytes]
    count: int
    """How many steps there are; each is due at its own time."""
    tail: bytes
    """Goes out with the last step."""
    ending: Ending
    fault_at: int | None
    """After so many steps a fault is on the wire; None: never, or by silence alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPlan:
    body: bytes
    ending: Ending
    """CUT: half of the body is sent."""
    fault_shown: bool


def stream(heading: Heading, draft: Draft, settings: Settings, *, usage: bool) -> StreamPlan:
    """`usage`: whether it was asked for."""
    fault, whole = settings.fault, draft.longest
    part = min(whole, settings.fault_after)
    chunks = Chunks(heading, draft, usage and fault is not Fault.NO_USAGE)
    plan = StreamPlan(
        head=chunks.roles(),
        steps=chunks.steps(),
        count=whole,
        tail=_tail(chunks, finish=fault is not Fault.NO_FINISH),
        ending=Ending.CLEAN,
        fault_at=None,
    )
    match fault:
        case Fault.NO_FINISH:
            return replace(plan, fault_at=whole)
        case Fault.NO_USAGE if usage:
            return replace(plan, fault_at=whole)
        case Fault.STALL:
            return replace(plan, count=part, tail=b"", ending=Ending.STALL)
        case Fault.CUT:
            return replace(plan, count=part, tail=b"", ending=Ending.CUT, fault_at=part)
        case Fault.ERROR:
            return replace(plan, count=part, tail=event(broken(settings).body()), fault_at=part)
        case Fault.GARBAGE if part < whole:
            steps = _insert(plan.steps, event(GARBAGE), at=part)
            return replace(plan, steps=steps, fault_at=part + 1)
        case Fault.GARBAGE:
            return replace(plan, tail=event(GARBAGE) + plan.tail, fault_at=whole)
    return plan


def body(heading: Heading, draft: Draft, settings: Settings) -> BodyPlan:
    fault = settings.fault
    whole = completion(
        heading, draft, usage=fault is not Fault.NO_USAGE, finish=fault is not Fault.NO_FINISH
    )
    plan = BodyPlan(body=whole, ending=Ending.CLEAN, fault_shown=fault is not Fault.NONE)
    match fault:
        case Fault.STALL:
            return BodyPlan(body=b"", ending=Ending.STALL, fault_shown=False)
        case Fault.CUT:
            return replace(plan, ending=Ending.CUT)
        case Fault.ERROR:
            return replace(plan, body=broken(settings).body())
        case Fault.GARBAGE:
            return replace(plan, body=GARBAGE)
    return plan


def refusal(settings: Settings) -> ApiError:
    """The error answer of Fault.STATUS."""
    after = settings.fault_retry_after
    return ApiError(
        f"The demo model was told to answer with {settings.fault_status}.",
        status=settings.fault_status,
        code=settings.fault_code,
        kind="server_error" if settings.fault_status >= 500 else "invalid_request_error",
        headers=None if after is None else {"Retry-After": f"{after:g}"},
    )


def broken(settings: Settings) -> ApiError:
    """The error inside an answer, of Fault.ERROR."""
    return ApiError(
        "The demo model was told to fail here.",
        kind="server_error",
        code=settings.fault_code or "server_error",
    )


def _tail(chunks: Chunks, *, finish: bool) -> bytes:
    finishes = chunks.finishes() if finish else b""
    return finishes + (chunks.usage_chunk() if chunks.usage else b"") + DONE


def _insert(steps: Iterator[bytes], extra: bytes, *, at: int) -> Iterator[bytes]:
    yield from islice(steps, at)
    yield extra + next(steps)
    yield from steps
