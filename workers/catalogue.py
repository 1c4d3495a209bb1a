"""Keeps the list of offered models as the server has it, unless the operator names them."""

import asyncio

import structlog
from django.conf import settings

from api import threads
from api.threads import AWAY
from chat import offers

from .client import ModelClient
from .failures import ModelFailure

log = structlog.get_logger(__name__)
REFRESH_SECONDS = 300.0
AGAIN_SECONDS = 2.0


async def keep_current(model: ModelClient) -> None:
    """Runs until it is cancelled."""
    if settings.CHAT_MODELS:
        return
    while True:
        pause = REFRESH_SECONDS if await _refresh(model) else AGAIN_SECONDS
        await asyncio.sleep(pause)


async def _refresh(model: ModelClient) -> bool:
    try:
        names = await model.models()
        if names:
            await threads.run(offers.replace, names)
    except ModelFailure as failure:
        log.warning("models.unknown", code=failure.kind.code, reason=failure.reason)
        # A wrong key does not get right by asking every two seconds.
        return not failure.kind.again
    except AWAY:
        return False
    return bool(names)
