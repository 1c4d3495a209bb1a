"""Public ids: UUIDv7 (RFC 9562), so that they sort by time and index well."""

import uuid
from datetime import datetime

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    made: uuid.UUID = uuid_utils.compat.uuid7()
    return made


def floor_of(moment: datetime) -> uuid.UUID:
    """No id that is made at that moment or later is smaller; those made before are."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)
