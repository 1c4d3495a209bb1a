"""How the model server is doing: what each worker saw last, and what that makes together.

A worker notes what its own requests met (`ModelHealth`) and stores it with its heartbeat. Who wants
to know (`/readyz`, `/metrics`, the overview for operators) reads a row and asks no model.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, models

from .failures import NO_ACCESS, NO_CREDIT, UNREACHABLE, Kind


class ModelStatus(models.TextChoices):
    """The worst first; the label is a sentence for operators."""

    UNAUTHORIZED = (
        "unauthorized",
        "The model server refuses our key: correct OPENAI_API_KEY and restart the workers.",
    )
    OUT_OF_CREDIT = (
        "out_of_credit",
        "The account with the model provider is used up: top it up.",
    )
    UNREACHABLE = (
        "unreachable",
        "The model server does not answer: look whether it runs, and at OPENAI_BASE_URL.",
    )
    OK = "ok", "The model server answers."
    UNKNOWN = "unknown", "No living worker has asked the model server yet."


@dataclass(frozen=True, kw_only=True)
class ModelState:
    """`workers`: how many live, whatever they say."""

    status: ModelStatus
    workers: int

    @property
    def sentence(self) -> str:
        return str(self.status.label)


class ModelHealth:
    """What one process saw of the model last."""

    def __init__(self) -> None:
        self.status = ModelStatus.UNKNOWN

    def answered(self) -> None:
        self.status = ModelStatus.OK

    def listed(self) -> None:
        """The list of models came, which is also shown to an account that is used up."""
        if self.status != ModelStatus.OUT_OF_CREDIT:
            self.status = ModelStatus.OK

    def failed(self, kind: Kind) -> None:
        """What tells nothing of the server as a whole (a 500, an unknown name) changes nothing."""
        self.status = _MEANT_BY.get(kind, self.status)


def current() -> ModelState:
    """The worst that a living worker says. One query, of a row for each worker."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT model, count(*) FROM workers_worker"
            " WHERE beat_at > clock_timestamp() - %s * interval '1 second' GROUP BY model",
            [settings.WORKER_LEASE_SECONDS],
        )
        said = dict(cursor.fetchall())
    worst = next((status for status in ModelStatus if status in said), ModelStatus.UNKNOWN)
    return ModelState(status=worst, workers=sum(said.values()))


_MEANT_BY = {
    NO_ACCESS: ModelStatus.UNAUTHORIZED,
    NO_CREDIT: ModelStatus.OUT_OF_CREDIT,
    UNREACHABLE: ModelStatus.UNREACHABLE,
}
