"""The demo model as the official client knows it, and the reply behind its answer."""

from uuid import UUID

MODEL = "malgil-demo"


def reply_id(made) -> str:
    return str(UUID(made.id.split("-")[-1].split("_")[-1]))
