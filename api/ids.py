"""Public ids: UUIDv7 (RFC 9562), so that they sort by time and index well."""

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    made: uuid.UUID = uuid_utils.compat.uuid7()
    return made
