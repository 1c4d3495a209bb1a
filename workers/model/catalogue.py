"""Asks the model server for its list, now and then: whether it answers, and what it offers.

So a wrong key is known before a member asks. Asking costs nothing at any provider; a server that
keeps no list is not wrong for that.
"""

import asyncio

import structlog
from django.conf import settings

from api import threads
from api.threads import DATABASE_UNAVAILABLE
from chat.conversations import available_models

from .failures import ModelFailure
from .health import ModelStatus
from .model_server import ModelServer

log = structlog.get_logger(__name__)
REFRESH_SECONDS = 300.0
# After a failure: doubled each time. A wrong key does not get right by asking, so that waits long.
AGAIN_SECONDS = 2.0
MOST_AGAIN_SECONDS = 10.0
REFUSED_SECONDS = 60.0
_DOUBT = (ModelStatus.UNREACHABLE, ModelStatus.UNAUTHORIZED)


async def keep_current(model: ModelServer) -> None:
    """Runs until it is cancelled."""
    again = AGAIN_SECONDS
    while True:
        try:
            offered = await _refresh(model)
            again = AGAIN_SECONDS if offered else MOST_AGAIN_SECONDS
            await _until_in_doubt(model, REFRESH_SECONDS if offered else 0)
        except ModelFailure as failure:
            log.warning("models.unknown", code=failure.kind.code, reason=failure.reason)
            again = (
                min(2 * again, MOST_AGAIN_SECONDS) if failure.kind.auto_retry else REFUSED_SECONDS
            )
        except DATABASE_UNAVAILABLE:
            again = AGAIN_SECONDS
        except Exception:  # a list that cannot be stored, say; members use the one that there was
            log.exception("models.broke")
            again = REFUSED_SECONDS
        await asyncio.sleep(again)


async def _refresh(model: ModelServer) -> bool:
    """Whether there is something to offer. Raises ModelFailure, and what `threads.run` raises
    without the database."""
    names = await (await model.client()).models()
    if settings.CHAT_MODELS:
        return True
    if names:
        await threads.run(available_models.replace, names)
    return bool(names)


async def _until_in_doubt(model: ModelServer, seconds: float) -> None:
    """So long, or until a reply's request was not let through."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until and model.health.status not in _DOUBT:  # noqa: ASYNC110  # seldom
        await asyncio.sleep(AGAIN_SECONDS)
