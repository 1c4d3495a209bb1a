"""The right to write an attempt, and what a write finds where somebody else has it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from api.errors import DomainError
from chat.models import Reply


class Superseded(DomainError):
    detail = "Another worker, a cancel or a rescue has taken this reply over."


@dataclass(frozen=True)
class Claim:
    """The right to write one attempt of one reply."""

    reply_id: UUID
    attempt: int
    worker: UUID

    def fence(self) -> Q:
        return Q(id=self.reply_id, attempt=self.attempt, worker=self.worker)


def claim_of(reply: Reply) -> Claim:
    if reply.worker is None:
        raise Superseded()
    return Claim(reply_id=reply.id, attempt=reply.attempt, worker=reply.worker)
