"""What a worker counts; docs/operations.md explains each.

Of a reply it counts once, at its end; of live text once for each batch that goes out, of which
there are some thirty a second whatever runs.
"""

import time
from collections.abc import Sequence

from api.metrics import LONG, Counter, Gauge, Histogram
from chat.events.publisher import Event
from chat.metrics import ENDED, RETRIES
from chat.models import Reply
from chat.replies.lifecycle import CRASH_LOOP
from chat.states import ReplyStatus

from .model.failures import KINDS
from .streaming import first_token_latency

FIRST_TOKEN = Histogram(
    "malgil_reply_first_token_seconds", "From the accept to the first text.", buckets=LONG
)
TOTAL = Histogram(
    "malgil_reply_seconds", "From the accept to the end of a completed reply.", buckets=LONG
)
WAITED = Histogram(
    "malgil_reply_wait_seconds", "From the accept until a worker took it.", buckets=LONG
)
MODEL_FIRST_TOKEN = Histogram(
    "malgil_model_first_token_seconds", "From the worker's taking it to its text.", buckets=LONG
)
TOKENS = Counter("malgil_tokens", "Tokens that the model counted.", ["kind"])
DELTAS = Counter("malgil_deltas", "Pieces of live text that went out.")
BATCHES = Counter("malgil_live_batches", "Round trips that carried live text.", ["result"])
RUNNING = Gauge(
    "malgil_worker_running", "Replies that this worker runs.", multiprocess_mode="livesum"
)
CAPACITY = Gauge(
    "malgil_worker_capacity", "Replies that it can run at once.", multiprocess_mode="livesum"
)
DELIVERIES = Counter("malgil_webhook_deliveries", "Attempts to tell a webhook.", ["result"])
MAILS = Counter("malgil_mails", "Attempts to send a mail.", ["result"])

_SENT, _LOST = BATCHES.labels("sent"), BATCHES.labels("lost")
_PROMPT, _COMPLETION = TOKENS.labels("prompt"), TOKENS.labels("completion")
for _code in (CRASH_LOOP.code, *(kind.code for kind in KINDS)):
    ENDED.labels(ReplyStatus.FAILED, _code)
for _kind in KINDS:
    if _kind.auto_retry:
        RETRIES.labels(_kind.code)
for _counter in (DELIVERIES, MAILS):
    for _result in ("ok", "failed"):
        _counter.labels(_result)


def stored(reply: Reply, *, began: float, first: float | None) -> None:
    """An attempt's end; `began` and `first` (its first text) by the monotonic clock."""
    if reply.status != ReplyStatus.COMPLETED or reply.started_at is None:
        return
    # Between the two lies the database's clock, from there on ours: none is compared with another.
    waited = max(0.0, (reply.started_at - reply.created_at).total_seconds())
    WAITED.observe(waited)
    TOTAL.observe(waited + time.monotonic() - began)
    if first is not None:
        FIRST_TOKEN.observe(waited + first - began)
        first_token_latency.note(waited + first - began)
        MODEL_FIRST_TOKEN.observe(first - began)
    _PROMPT.inc(reply.prompt_tokens or 0)
    _COMPLETION.inc(reply.completion_tokens or 0)


def sent(told: Sequence[Event]) -> None:
    _SENT.inc()
    DELTAS.inc(sum(event.kind == "reply.delta" for event in told))


def lost() -> None:
    _LOST.inc()


def delivered(*, success: bool) -> None:
    DELIVERIES.labels("ok" if success else "failed").inc()


def mailed(*, success: bool) -> None:
    MAILS.labels("ok" if success else "failed").inc()
