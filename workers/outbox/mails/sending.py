"""Hands mails to the mail server, a few at a time, beside the replies, which wait for none."""

import asyncio
import smtplib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import structlog
from django.core.mail import EmailMessage

from accounts.mails import letters, outbox
from accounts.models import Mail
from api import threads
from workers import metrics
from workers.database_retry import retry_until_stored
from workers.outbox.due_rows import DueRows

log = structlog.get_logger(__name__)
# Django's backends block, so each takes a thread; these are few, as mail servers like it.
MAX_AT_ONCE: Final = 4
# How long those on their way may take when the worker stops.
GRACE_SECONDS: Final = 2.0


class Mailer(DueRows[Mail]):
    name = "mails"

    def __init__(self) -> None:
        super().__init__()
        self._executor = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="mail")

    @property
    def room(self) -> int:
        return MAX_AT_ONCE - len(self._in_flight)

    @property
    def grace_seconds(self) -> float:
        return GRACE_SECONDS

    async def claim(self, limit: int) -> list[Mail]:
        return await threads.run(partial(outbox.claim, limit=limit))

    async def hand_back(self, left: list[Mail]) -> None:
        await threads.run(outbox.hand_back, left)

    async def close(self) -> None:
        await super().close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        super()._ended(task)
        self.look()  # a burst need not wait a tick for each few

    async def run(self, mail: Mail) -> None:
        """Neither addresses nor texts are logged."""
        told = {"mail": str(mail.id), "kind": mail.kind, "attempt": mail.attempts}
        try:
            written = await self._hand_over(await threads.run(letters.compose, mail))
        except Exception as error:  # backends raise what they like
            await self._settle_failure(mail, error, told)
        else:
            await retry_until_stored(partial(outbox.finish, mail))
            metrics.mailed(success=True)
            log.info("mail.sent" if written else "mail.needless", **told)

    async def _hand_over(self, message: EmailMessage | None) -> bool:
        if message is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, message.send)
        return message is not None

    async def _settle_failure(self, mail: Mail, error: Exception, told: dict[str, Any]) -> None:
        metrics.mailed(success=False)
        if _is_final(error):
            await retry_until_stored(partial(outbox.finish, mail))
            log.warning("mail.refused", error=type(error).__name__, **told)
        else:
            pause = await retry_until_stored(partial(outbox.put_off, mail))
            again_in = pause and round(pause.total_seconds())
            log.warning("mail.failed", error=type(error).__name__, again_in=again_in, **told)


def _is_final(error: Exception) -> bool:
    """Whether another attempt would end like this one: the address cannot be written to.

    Any other refusal may be about us and not about the mail (RFC 5321, section 4.2.1).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, ValueError)  # Django: a line break in a header
