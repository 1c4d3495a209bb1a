"""The model, over the official `openai` client. Only this module imports it.

Streams are read as raw bytes: parsing each chunk into the client's models costs four times as much
as everything else together. The client never retries by itself; a retry is the reply's business.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx2
import openai
import orjson
from django.conf import settings

from . import failures
from .failures import TIMEOUT, UNREACHABLE, UNREADABLE, ModelFailure, Respell
from .spelling import can_learn
from .sse import Decoder

JSON = dict[str, Any]
_TRANSPORT_ERRORS = (httpx2.HTTPError, aiohttp.ClientError, OSError, openai.APIConnectionError)
_DONE = b"[DONE]"


class ModelClient:
    """One for a process and its event loop; it pools connections."""

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
        # Reads are bounded by MODEL_STALL_SECONDS here and not by the transport, which would
        # count from the last byte of any kind.
        timeout = httpx2.Timeout(None, connect=settings.MODEL_CONNECT_SECONDS)
        self._client = openai.AsyncOpenAI(
            api_key=settings.OPENAI_API_KEY or "none",
            base_url=settings.OPENAI_BASE_URL,
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAioHttpClient(limits=limits, timeout=timeout),
        )

    async def close(self) -> None:
        await self._client.close()

    async def models(self) -> list[str]:
        """The names that the server lists. Raises ModelFailure."""
        async with _telling_failures(), asyncio.timeout(settings.MODEL_STALL_SECONDS):
            return [model.id async for model in await self._client.models.list()]

    async def complete(self, body: JSON) -> JSON:
        """The whole answer in one piece. Raises ModelFailure or Respell."""
        async with _telling_failures(), asyncio.timeout(settings.MODEL_STALL_SECONDS):
            create = self._client.chat.completions.with_raw_response.create
            response = await create(**body)
            answer = _json(response.content)
        if not isinstance(answer, dict) or answer.get("error"):
            raise failures.in_stream(answer.get("error") if isinstance(answer, dict) else None)
        return answer

    async def stream(self, body: JSON) -> AsyncGenerator[Any, None]:
        """The chunks as they come, as parsed JSON. Raises ModelFailure or Respell.

        Ends after `[DONE]` or with the connection; the caller knows whether that was the end.
        """
        decoder = Decoder()
        async with _telling_failures(), asyncio.timeout(None) as patience:
            self._wait_again(patience)
            opened = self._client.chat.completions.with_streaming_response.create(**body)
            async with opened as response:
                async for received in response.iter_bytes():
                    for data in decoder.feed(received):
                        if data == _DONE:
                            return
                        yield _chunk(data)
                    self._wait_again(patience)

    def _wait_again(self, patience: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        patience.reschedule(loop.time() + settings.MODEL_STALL_SECONDS)


@asynccontextmanager
async def _telling_failures() -> AsyncIterator[None]:
    try:
        yield
    except openai.APITimeoutError as error:
        raise ModelFailure(UNREACHABLE, reason="connect timeout") from error
    except TimeoutError as error:
        raise ModelFailure(TIMEOUT, reason="stalled") from error
    except openai.APIStatusError as error:
        raise _of_status(error) from error
    except _TRANSPORT_ERRORS as error:
        raise ModelFailure(UNREACHABLE, reason=type(error).__name__) from error
    except openai.APIError as error:
        raise ModelFailure(UNREADABLE, reason=type(error).__name__) from error


def _of_status(error: openai.APIStatusError) -> ModelFailure | Respell:
    refused = error.param
    if error.status_code == 400 and refused and can_learn(refused):
        return Respell(refused)
    code = error.code or error.type
    return failures.of_status(error.status_code, code, retry_after=_retry_after(error))


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds; a date is not honoured, the backoff is."""
    try:
        return min(max(float(error.response.headers["retry-after"]), 0.0), 86_400.0)
    except (KeyError, ValueError):
        return None


def _chunk(data: bytes) -> Any:
    chunk = _json(data)
    if isinstance(chunk, dict) and chunk.get("error"):
        raise failures.in_stream(chunk["error"])
    return chunk


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except ValueError as error:
        raise ModelFailure(UNREADABLE, reason="not JSON") from error
