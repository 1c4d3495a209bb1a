"""Personal API keys: for programs of a member's own, which cannot sign in.

A key is random and long, so a plain digest of it tells nobody anything, and finds it by an index.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import ApiKey, Member
from api.errors import DomainError

PREFIX = "mg_"
MAX_PER_MEMBER = 100
# How long a socket that was opened with a key may live before the key has to be shown again.
HOLDS_FOR = timedelta(hours=1)
# `last_used_at` is that exact: a busy key would otherwise write with each request.
USED_RESOLUTION = timedelta(minutes=1)
_SECRET_BYTES = 32
# 32 bytes in base64 without padding.
_FORM = re.compile(r"mg_[A-Za-z0-9_-]{43}")


class KeyInvalid(DomainError):
    detail = "This API key is not one of ours, or it was revoked."


class KeyLimitReached(DomainError):
    detail = f"You have {MAX_PER_MEMBER} API keys, and there can be no more. Revoke one first."


class KeyNotAllowed(DomainError):
    detail = "An API key cannot do this. Sign in, and use the access token."


@dataclass(frozen=True)
class NewKey:
    """`text` is the key itself, which exists nowhere else."""

    row: ApiKey
    text: str


def create(*, member: Member, name: str) -> NewKey:
    """Raises KeyLimitReached; however many ask at once, a member has never more than allowed."""
    text = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        # One after another. The weaker lock, which leaves others free to refer to the member.
        Member.objects.select_for_update(no_key=True).only("id").get(id=member.id)
        if of(member).count() >= MAX_PER_MEMBER:
            raise KeyLimitReached()
        row = ApiKey.objects.create(member=member, name=name, digest=_digest(text))
    return NewKey(row=row, text=text)


def of(member: Member) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(member=member)


def revoke(*, member: Member, key_id: UUID) -> None:
    """Raises ApiKey.DoesNotExist, also for another member's."""
    of(member).get(id=key_id).delete()


def is_one(text: str) -> bool:
    """Whether it means to be a key, good or not; an access token never does."""
    return text.startswith(PREFIX)


def find(text: str) -> ApiKey:
    """The key with its member, and notes that it was used. Raises KeyInvalid.

    One query, and about once a minute a second one that writes.
    """
    if not _FORM.fullmatch(text):
        raise KeyInvalid()
    good = ApiKey.objects.select_related("member").filter(member__is_active=True)
    key = good.filter(digest=_digest(text)).first()
    if key is None:
        raise KeyInvalid()
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at <= now - USED_RESOLUTION:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_RESOLUTION)
        ApiKey.objects.filter(long_ago, id=key.id).update(last_used_at=now)
        key.last_used_at = now


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
