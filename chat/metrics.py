"""What is counted of replies and sockets; docs/operations.md explains each."""

from django.db import transaction

from api.metrics import Counter, Gauge

from .states import ReplyStatus

ACCEPTED = Counter("malgil_replies_accepted", "Requests for a reply that were accepted.")
ENDED = Counter("malgil_replies_ended", "Replies that ended.", ["status", "code"])
RETRIES = Counter("malgil_replies_retried", "Attempts that failed and are repeated.", ["code"])
RESCUES = Counter("malgil_replies_rescued", "Replies taken from a dead worker.")
HAND_BACKS = Counter("malgil_replies_handed_back", "Replies put back by a worker that stops.")
QUOTA_REFUSALS = Counter("malgil_quota_refusals", "Requests beyond the daily limit.")
QUEUE_REFUSALS = Counter("malgil_queue_refusals", "Requests refused since the queue was full.")
SOCKETS = Gauge("malgil_sockets_open", "Open WebSockets.", multiprocess_mode="livesum")
SOCKETS_OPENED = Counter("malgil_sockets_opened", "WebSockets that were let in.")
SOCKETS_ENDED = Counter("malgil_sockets_ended", "WebSockets closed by the server.", ["code"])
FOLLOWERS = Gauge(
    "malgil_followers_open", "Requests that stream or wait.", multiprocess_mode="livesum"
)

for _status, _code in ((ReplyStatus.COMPLETED, ""), (ReplyStatus.CANCELLED, "cancelled")):
    ENDED.labels(_status, _code)


def ended(status: ReplyStatus, code: str | None) -> None:
    """Counts the end once it is committed."""
    transaction.on_commit(ENDED.labels(status, code or "").inc)


def socket_opened() -> None:
    SOCKETS.inc()
    SOCKETS_OPENED.inc()


def retried(code: str) -> None:
    transaction.on_commit(RETRIES.labels(code).inc)


def rescued() -> None:
    transaction.on_commit(RESCUES.inc)


def handed_back() -> None:
    transaction.on_commit(HAND_BACKS.inc)
