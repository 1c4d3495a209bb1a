"""One attempt of one reply: ask the model, pass the text on, store how it ended.

The reply was claimed before. Each write names reply, attempt and worker, and raises Superseded when
the row has others by now. The end is stored first and then published.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from api.text import storable_json
from api.threads import DATABASE_UNAVAILABLE
from chat.events import publisher
from chat.events.event import Event
from chat.exchange import context, wire_format
from chat.exchange.context import Context
from chat.exchange.wire_format import RequestDialect
from chat.models import Reply
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle
from chat.replies.claims import Superseded
from workers.database_retry import retry_until_stored
from workers.model import provider_dialect, retry_policy
from workers.model.chunk_accumulator import ChunkAccumulator, TextDelta, deltas_of_completion
from workers.model.failures import (
    INTERNAL,
    REFUSED,
    TIMEOUT,
    UNREADABLE,
    ModelFailure,
    ParameterRefused,
)
from workers.model.model_server import ModelServer
from workers.streaming.live_text import LiveText
from workers.streaming.live_writer import LiveWriter

from . import attempt_metrics

log = structlog.get_logger(__name__)


class _Change:
    """Stores a change of the reply and returns the events to publish.

    It is called again when the database goes away in between; then the write is not repeated.
    """

    def __init__(self, write: Callable[[], None], reply: Reply) -> None:
        self._write = write
        self._reply = reply
        self._written = False

    def __call__(self) -> list[Event]:
        if not self._written:
            self._write()
            self._written = True
        return publisher.after_change(self._reply)


class Stop(Enum):
    """Why an attempt ends before the model does."""

    CANCEL = "cancel"  # a member asked for it; the text so far is kept
    HAND_BACK = "hand_back"  # this worker shuts down; another one starts over
    DROP = "drop"  # this worker was declared dead; it writes nothing any more


class Generation:
    """`reply` is in progress in this worker's name. `context` is what the model is told, if known.

    To be used once: `run`, and `stop` from elsewhere meanwhile.
    """

    def __init__(
        self,
        *,
        reply: Reply,
        model: ModelServer,
        live: LiveWriter,
        context: Context | None = None,
    ) -> None:
        self.reply = reply
        self.retry_in: float | None = None  # seconds until the next attempt, when there is one
        self._model = model
        self._live = live
        self._text = LiveText(reply)
        self._stop: Stop | None = None
        self._asking: asyncio.Task[Outcome] | None = None
        self._context_known = context is not None
        self._context = context or Context(messages=[], start=None)
        self._refused = set(provider_dialect.refused_by(reply.config.model))
        self._dialect: RequestDialect = {}
        self._began = time.monotonic()
        self._first: float | None = None  # when its first text came

    def stop(self, why: Stop) -> None:
        """Ends the attempt early. Does nothing once the model has ended: its answer is stored."""
        if self._asking is None or not self._asking.done():
            self._stop = self._stop or why
            if self._asking is not None:
                self._asking.cancel()

    async def run(self) -> None:
        """Returns once the end is stored. Never raises: an unexpected error fails the attempt."""
        self._live.begin(self._text)
        try:
            self._live.tell([publisher.reply_updated(self.reply)])
            await self._conclude(await self._outcome())
        except Superseded:
            log.info("reply.superseded", reply=str(self.reply.id), attempt=self._text.attempt)
            self._live.drop(self._text)
        except Exception:  # the row still names this worker, whose watch finds that none runs it
            log.exception("reply.left", reply=str(self.reply.id), attempt=self._text.attempt)
            self._live.drop(self._text)

    async def _conclude(self, outcome: "Outcome | ModelFailure | Stop") -> None:
        try:
            await self._end(outcome)
        except Superseded:
            raise
        except Exception as error:  # the answer cannot be stored
            log.exception("reply.unstorable", reply=str(self.reply.id))
            await self._fail(ModelFailure(INTERNAL, reason=type(error).__name__))

    async def _outcome(self) -> "Outcome | ModelFailure | Stop":
        self._asking = asyncio.ensure_future(self._ask())
        if self._stop is not None:
            self._asking.cancel()
        try:
            return await self._asking
        except asyncio.CancelledError:
            return self._stop or Stop.HAND_BACK
        except ModelFailure as failure:
            return failure
        except DATABASE_UNAVAILABLE as error:
            return ModelFailure(INTERNAL, reason=type(error).__name__)
        except Exception as error:
            log.exception("reply.broke", reply=str(self.reply.id))
            return ModelFailure(INTERNAL, reason=type(error).__name__)

    async def _end(self, outcome: "Outcome | ModelFailure | Stop") -> None:
        match outcome:
            case Outcome():
                await self._store(partial(lifecycle.complete, self.reply, outcome))
            case Stop.CANCEL:
                await self._store(partial(lifecycle.cancel_running, self.reply, self._so_far()))
            case Stop.HAND_BACK:
                await self._store(partial(lifecycle.hand_back, self.reply))
            case Stop.DROP:
                raise Superseded()
            case ModelFailure() as failure:
                await self._fail(failure)

    async def _fail(self, failure: ModelFailure) -> None:
        now = timezone.now()
        retry_at = retry_policy.next_attempt_at(
            failure,
            failures=self.reply.failures + 1,
            accepted_at=self.reply.created_at,
            now=now,
            chance=random.random(),
        )
        told = failure.for_member()
        if retry_at is None:
            await self._store(
                partial(lifecycle.fail, self.reply, told, self._so_far()), reason=failure.reason
            )
        else:
            self.retry_in = (retry_at - now).total_seconds()
            later = partial(lifecycle.retry_later, self.reply, told, retry_at=retry_at)
            await self._store(later, reason=failure.reason)

    async def _store(self, write: Callable[[], None], *, reason: str = "") -> None:
        """Store, then publish. Raises Superseded."""
        self._live.end(self._text, await retry_until_stored(_Change(write, self.reply)))
        log.info(
            f"reply.{self.reply.status}",
            reply=str(self.reply.id),
            attempt=self._text.attempt,
            seconds=round(time.monotonic() - self._began, 3),
            **({"reason": reason} if reason else {}),
        )
        attempt_metrics.stored(self.reply, began=self._began, first=self._first)

    async def _ask(self) -> Outcome:
        if not self._context_known:
            self._context = await retry_until_stored(partial(context.of, self.reply))
        try:
            async with asyncio.timeout(settings.MODEL_DEADLINE_SECONDS):
                return self._whole(await self._answer())
        except TimeoutError as error:
            raise ModelFailure(TIMEOUT, reason="deadline") from error

    async def _answer(self) -> dict[str, Any]:
        while True:
            self._choose_dialect()
            body = wire_format.request_body(
                config=self.reply.config,
                messages=self._context.messages,
                dialect=self._dialect,
            )
            try:
                ask = self._streamed if self.reply.config.stream else self._in_one_piece
                answer = await ask(body)
            except ParameterRefused as refusal:
                self._refused.add(refusal.parameter)
            else:
                provider_dialect.learn(self.reply.config.model, self._refused)
                return answer

    def _choose_dialect(self) -> None:
        """Without the fields that were refused. Raises ModelFailure when no dialect is left.

        So the loop of the caller ends: each refusal names another field.
        """
        dialect = provider_dialect.avoiding(self._refused, model=self.reply.config.model)
        if dialect is None:
            raise ModelFailure(REFUSED, reason=f"refused: {', '.join(sorted(self._refused))}")
        self._dialect = dialect

    async def _streamed(self, body: dict[str, Any]) -> dict[str, Any]:
        accumulator = ChunkAccumulator()
        client = await self._model.client()
        async with aclosing(client.stream(body)) as chunks:
            async for chunk in chunks:
                for delta in accumulator.add(chunk):
                    self._show(delta)
        return accumulator.completion(self.reply.config.n or 1)

    async def _in_one_piece(self, body: dict[str, Any]) -> dict[str, Any]:
        completion = await (await self._model.client()).complete(body)
        for delta in deltas_of_completion(completion, self.reply.config.n or 1):
            self._show(delta)
        return completion

    def _show(self, delta: TextDelta) -> None:
        if self._first is None:
            self._first = time.monotonic()
        self._text.add(*delta)
        self._live.wrote(self._text)

    def _whole(self, completion: dict[str, Any]) -> Outcome:
        try:
            columns, choices = wire_format.take_apart(storable_json(completion))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFailure(UNREADABLE, reason=type(error).__name__) from error
        rest = columns.pop("extra_response")
        return self._outcome_of(choices, columns, {"response": rest})

    def _so_far(self) -> Outcome:
        texts = self._text.texts()
        choices = [ChoiceParts(index=index, content=text) for index, text in texts.items()]
        return self._outcome_of(choices, {}, {})

    def _outcome_of(
        self, choices: list[ChoiceParts], columns: dict[str, Any], extra: dict[str, Any]
    ) -> Outcome:
        self._live.number_pending(self._text)
        if self._dialect:
            extra = {**extra, "spelling": self._dialect}
        return Outcome(
            choices=choices,
            last_seq=self._text.seq,
            columns={**columns, "extra": extra},
            context_start=self._context.start,
        )
