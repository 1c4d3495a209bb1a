"""What is counted of a reply, once, when an attempt of it ends."""

import time

from api.metrics import LONG, Counter, Histogram
from chat.metrics import ENDED, RETRIES
from chat.models import Reply
from chat.outcomes import CRASH_LOOP
from chat.states import ReplyStatus
from workers.model.failures import KINDS
from workers.streaming import first_token_latency

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

_PROMPT, _COMPLETION = TOKENS.labels("prompt"), TOKENS.labels("completion")
# A label that was never counted would be missing from /metrics instead of 0.
for _code in (CRASH_LOOP.code, *(kind.code for kind in KINDS)):
    ENDED.labels(ReplyStatus.FAILED, _code)
for _kind in KINDS:
    if _kind.auto_retry:
        RETRIES.labels(_kind.code)


def stored(reply: Reply, *, began: float, first: float | None) -> None:
    """The end of an attempt was stored; only completed replies count.

    `began` (when a worker took it) and `first` (its first text) are in seconds by the monotonic
    clock.
    """
    if reply.status != ReplyStatus.COMPLETED or reply.started_at is None:
        return
    # Accept and start are by the database's clock, all later moments by this process's: only
    # differences within one clock are added.
    waited = max(0.0, (reply.started_at - reply.created_at).total_seconds())
    WAITED.observe(waited)
    TOTAL.observe(waited + time.monotonic() - began)
    if first is not None:
        FIRST_TOKEN.observe(waited + first - began)
        first_token_latency.note(waited + first - began)
        MODEL_FIRST_TOKEN.observe(first - began)
    _PROMPT.inc(reply.prompt_tokens or 0)
    _COMPLETION.inc(reply.completion_tokens or 0)
