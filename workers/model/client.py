"""The model, over the official `openai` client. Only this module imports it.

The client knows the server, the key, the headers and the connections. A request is put together
here, of its `base_url`, `default_headers` and `auth_headers`, and sent over its HTTP client: its
`post` takes 0.5 to 0.9 ms of CPU more for each answer, which is 12 % of what an answer of 60 tokens
costs the worker and 5 % of all that it costs; its `create` takes 2.2 ms more.
tests/workers/model/test_client_contract.py compares what is sent, and the error that is made of a
refusal, with the client's own.

The bytes of a stream are decoded here as well: parsing each chunk into the client's models costs
several times as much as all the rest of an answer. Nothing is tried again here: a failed attempt is
repeated as a whole (`retry_policy`). Redirects are followed, as the client's HTTP client does by
default; it drops the key for another origin.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import httpx2
import openai
import orjson
from django.conf import settings

from . import failures
from .failures import TIMEOUT, UNREACHABLE, UNREADABLE, ModelFailure, ParameterRefused
from .health import ModelHealth
from .provider_dialect import refused_field
from .sse import Decoder

JSON = dict[str, Any]
_TRANSPORT_ERRORS = (httpx2.HTTPError, aiohttp.ClientError, OSError, openai.APIConnectionError)
_DONE = b"[DONE]"
# A key may be good for answers and not for the list: then 403.
_NO_LIST = (400, 403, 404, 405, 501)
# To the client's aiohttp transport None would mean aiohttp's own limit, which is 100.
_NO_LIMIT = 0
# How long a body may take to end after its `[DONE]`. Read to its end, the connection is kept.
LINGER_SECONDS = 0.1


class ModelClient:
    """One for a process and its event loop; it pools connections. `health` is what it met last."""

    def __init__(self, health: ModelHealth | None = None) -> None:
        self.health = health or ModelHealth()
        limits = httpx2.Limits(max_connections=_NO_LIMIT)
        # Reads are bounded by MODEL_STALL_SECONDS here and not by the transport, which would
        # count from the last byte of any kind.
        timeout = httpx2.Timeout(None, connect=settings.MODEL_CONNECT_SECONDS)
        self._http = openai.DefaultAioHttpClient(limits=limits, timeout=timeout)
        self._client = openai.AsyncOpenAI(
            api_key=settings.OPENAI_API_KEY or "none",
            base_url=settings.OPENAI_BASE_URL,
            max_retries=0,
            timeout=timeout,
            http_client=self._http,
        )
        self._completions = self._client.base_url.join("chat/completions")
        headers = self._client.default_headers | self._client.auth_headers
        self._headers = {name: value for name, value in headers.items() if isinstance(value, str)}

    async def close(self) -> None:
        await self._client.close()

    async def models(self) -> list[str]:
        """The names that the server lists; empty where it keeps no list, or not for our key.

        Takes at most MODEL_STALL_SECONDS. Raises ModelFailure.
        """
        async with self._noting(self.health.listed), asyncio.timeout(settings.MODEL_STALL_SECONDS):
            try:
                response = await self._client.models.with_raw_response.list()
            except openai.APIStatusError as error:
                if error.status_code in _NO_LIST:
                    return []
                raise
        return _names(response.content)

    @asynccontextmanager
    async def _noting(
        self, success: Callable[[], None], body: JSON | None = None
    ) -> AsyncIterator[None]:
        try:
            async with _failures_translated(body):
                yield
        except ModelFailure as failure:
            self.health.failed(failure.kind)
            raise
        success()

    async def complete(self, body: JSON) -> JSON:
        """Asks with `body`, a request that is not streamed; returns the `chat.completion`.

        Takes at most MODEL_ANSWER_SECONDS. Raises ModelFailure or ParameterRefused.
        """
        async with (
            self._noting(self.health.answered, body),
            asyncio.timeout(settings.MODEL_ANSWER_SECONDS),
            self._asked(body) as response,
        ):
            answer = _json(await response.aread())
        if not isinstance(answer, dict) or answer.get("error"):
            raise failures.in_stream(answer.get("error") if isinstance(answer, dict) else None)
        return answer

    async def stream(self, body: JSON) -> AsyncGenerator[Any, None]:
        """Asks with `body`, a streamed request; gives each chunk as it comes, as parsed JSON.

        Ends after `[DONE]` or with the connection: the caller has to look whether the answer is
        whole. Waits MODEL_STALL_SECONDS at most for each chunk. Raises ModelFailure or
        ParameterRefused.
        """
        decoder = Decoder()
        async with self._noting(self.health.answered, body), asyncio.timeout(None) as timeout:
            stall_timer = StallTimer(timeout, settings.MODEL_STALL_SECONDS)
            async with self._asked(body) as response:
                parts = response.aiter_bytes()
                async for received in parts:
                    for data in decoder.feed(received):
                        if data == _DONE:
                            await _read_to_the_end(parts)
                            return
                        stall_timer.renew()
                        yield _chunk(data)

    @asynccontextmanager
    async def _asked(self, body: JSON) -> AsyncIterator[httpx2.Response]:
        """The response; its body is yet to be read. Raises openai.APIStatusError."""
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        request = self._http.build_request(
            "POST", self._completions, headers=self._headers, content=sent.encode()
        )
        response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                raise await _refusal(response)
            yield response
        finally:
            await response.aclose()


class StallTimer:
    """Lets a stream time out `seconds` after its last chunk; comments do not count as chunks.

    To move the timer with each chunk would cost more than the chunk, so it is moved at most ten
    times in a period: the stream may wait up to a tenth longer.
    """

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds
        self._clock = asyncio.get_running_loop().time
        self._renew_at = 0.0
        self.renew()

    def renew(self) -> None:
        now = self._clock()
        if now >= self._renew_at:
            self._renew_at = now + self._seconds / 10
            self._timeout.reschedule(self._renew_at + self._seconds)


async def _read_to_the_end(parts: AsyncIterator[bytes]) -> None:
    with suppress(TimeoutError, *_TRANSPORT_ERRORS):
        async with asyncio.timeout(LINGER_SECONDS):
            async for _ in parts:
                pass


@asynccontextmanager
async def _failures_translated(sent: Mapping[str, Any] | None = None) -> AsyncIterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ModelFailure(TIMEOUT, reason="stalled") from error
    except openai.APIStatusError as error:
        raise _of_status(error, sent or {}) from error
    except _TRANSPORT_ERRORS as error:
        raise ModelFailure(UNREACHABLE, reason=type(error).__name__) from error
    except openai.APIError as error:
        raise ModelFailure(UNREADABLE, reason=type(error).__name__) from error


async def _refusal(response: httpx2.Response) -> openai.APIStatusError:
    """The error that the client itself raises for such a response; reads the body."""
    said: Any = await response.aread()
    with suppress(ValueError):
        said = orjson.loads(said)
    error = said.get("error", said) if isinstance(said, dict) else said
    message = error.get("message") if isinstance(error, dict) else None
    text = f"Error code: {response.status_code}" + (f" - {message}" if message else "")
    return openai.APIStatusError(text, response=response, body=error)


def _of_status(
    error: openai.APIStatusError, sent: Mapping[str, Any]
) -> ModelFailure | ParameterRefused:
    # Servers are free to put anything there, and some do.
    code = str(error.code or error.type or "")[:60]
    if error.status_code in (400, 422):
        refused = refused_field(f"{code} {error.message}", param=error.param, sent=sent)
        if refused is not None:
            return ParameterRefused(refused)
    return failures.of_status(error.status_code, code, retry_after=_retry_after(error))


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds; a date is not honoured, the backoff is."""
    try:
        return min(max(float(error.response.headers["retry-after"]), 0.0), 86_400.0)
    except (KeyError, ValueError):
        return None


def _names(data: bytes) -> list[str]:
    try:
        return [str(model["id"]) for model in orjson.loads(data)["data"]]
    except (ValueError, KeyError, TypeError):
        return []  # whatever it is, it is no list


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
