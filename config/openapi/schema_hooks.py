"""What the OpenAPI schema says of the engine, which the API's serializers do not know."""

from typing import Any

from chat import outcomes
from workers.model import failures


def name_reply_errors(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """The codes of a reply's `error`: the engine's table and the domain's two."""
    codes = {kind.code for kind in failures.KINDS}
    codes |= {outcomes.CANCELLED.code, outcomes.CRASH_LOOP.code}
    error = result["components"]["schemas"]["Error"]
    error["properties"]["code"]["enum"] = sorted(codes)
    return result
