"""Listening for cancels. One that is not heard is carried out by whoever asked for it."""

from collections.abc import Callable
from uuid import UUID

import structlog
from channels.layers import get_channel_layer

from chat.events import messages

log = structlog.get_logger(__name__)


async def listen(cancel: Callable[[UUID], None]) -> None:
    """Calls `cancel` for each id that is published; runs until it is cancelled itself."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(messages.CANCEL_GROUP, channel)
    while True:
        message: messages.CancelReplies = await layer.receive(channel)
        for reply_id in message["replies"]:
            _cancel(cancel, reply_id)


def _cancel(cancel: Callable[[UUID], None], reply_id: UUID) -> None:
    try:
        cancel(reply_id)
    except Exception:  # a mistake of ours: others are cancelled all the same
        log.exception("cancel.broke", reply=str(reply_id))
