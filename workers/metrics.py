"""What a worker counts beside the replies themselves; docs/operations.md explains each metric.

Live text is counted once for each batch that goes out, of which there are some thirty a second
whatever runs. What is counted of a reply is in `generation.attempt_metrics`.
"""

from collections.abc import Sequence

from api.metrics import Counter, Gauge
from chat.events.event import Event

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
# A label that was never counted would be missing from /metrics instead of 0.
for _counter in (DELIVERIES, MAILS):
    for _result in ("ok", "failed"):
        _counter.labels(_result)


def sent(events: Sequence[Event]) -> None:
    """A batch went out with these events."""
    _SENT.inc()
    DELTAS.inc(sum(event.kind == "reply.delta" for event in events))


def lost() -> None:
    """Redis did not take a batch."""
    _LOST.inc()


def delivered(*, success: bool) -> None:
    DELIVERIES.labels("ok" if success else "failed").inc()


def mailed(*, success: bool) -> None:
    MAILS.labels("ok" if success else "failed").inc()
