"""Asks the model server once, and says in words what came of it."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from .client import ModelClient
from .failures import NO_ACCESS, NO_CREDIT, TIMEOUT, ModelFailure

_LATE = "it does not answer in time: is the way there open, is it overloaded?"


@dataclass(frozen=True)
class Answer:
    """`why_not` is a sentence that says what to do; empty when it answers and takes our key."""

    models: list[str]
    why_not: str = ""


def ask() -> Answer:
    """Takes at most MODEL_STALL_SECONDS."""
    try:
        return Answer(models=asyncio.run(_list()))
    except ModelFailure as failure:
        return Answer(models=[], why_not=_why(failure))


async def _list() -> list[str]:
    client = ModelClient()
    try:
        return await client.models()
    finally:
        await client.close()


def _why(failure: ModelFailure) -> str:
    if failure.kind is NO_ACCESS:
        return f"it refuses our key ({failure.reason}): correct OPENAI_API_KEY."
    if failure.kind is NO_CREDIT:
        return "the account is used up: top it up at the provider."
    for cause in _causes(failure):
        if isinstance(cause, socket.gaierror):
            return "its name is not known: look for a mistake in OPENAI_BASE_URL, or at the DNS."
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted: look at its names, its date, who signed it."
        if isinstance(cause, ssl.SSLError):
            return "it does not speak TLS: should OPENAI_BASE_URL begin with http://?"
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens there: start it, or correct OPENAI_BASE_URL."
        if isinstance(cause, TimeoutError):  # aiohttp's of connecting is one, too
            return _LATE
    if failure.kind is TIMEOUT:
        return _LATE
    return f"it does not list its models ({failure.reason}): is OPENAI_BASE_URL right to its /v1?"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        # aiohttp keeps what the operating system said beside the chain.
        waiting += [found.__cause__, found.__context__, getattr(found, "os_error", None)]
