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
from api.threads import AWAY
from workers.persisting import persist

log = structlog.get_logger(__name__)
# Django's backends block, so each takes a thread; these are few, as mail servers like it.
MAX_AT_ONCE: Final = 4
# How long those on their way may take when the worker stops.
GRACE_SECONDS: Final = 2.0


class Mailer:
    """One for a worker process and its event loop."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="mail")
        self._flying: dict[asyncio.Task[None], Mail] = {}
        self._looking: asyncio.Task[None] | None = None
        self._takes = True

    def look(self) -> None:
        """Begins to take what is due; returns at once."""
        if self._takes and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look())

    def take_no_more(self) -> None:
        self._takes = False

    async def close(self) -> None:
        """Waits a moment for what is on its way, then hands it back."""
        self.take_no_more()
        if self._looking is not None:
            await asyncio.wait([self._looking])
        if self._flying:
            await asyncio.wait(self._flying, timeout=GRACE_SECONDS)
        await self._hand_back()
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> None:
        try:
            await self._take()
        except AWAY as error:
            log.warning("mails.database_away", error=type(error).__name__)
        except Exception:  # the next tick looks again
            log.exception("mails.broke")

    async def _take(self) -> None:
        room = MAX_AT_ONCE - len(self._flying)
        if room > 0:
            for mail in await threads.run(partial(outbox.claim, limit=room)):
                task = asyncio.ensure_future(self._send(mail))
                self._flying[task] = mail
                task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.pop(task)
        self.look()  # a burst need not wait a tick for each few

    async def _send(self, mail: Mail) -> None:
        """Neither addresses nor texts are logged."""
        told = {"mail": str(mail.id), "kind": mail.kind, "attempt": mail.attempts}
        try:
            written = await self._hand_over(await threads.run(letters.compose, mail))
        except Exception as error:  # backends raise what they like
            await self._settle_failure(mail, error, told)
        else:
            await persist(partial(outbox.finish, mail))
            log.info("mail.sent" if written else "mail.needless", **told)

    async def _hand_over(self, message: EmailMessage | None) -> bool:
        if message is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, message.send)
        return message is not None

    async def _settle_failure(self, mail: Mail, error: Exception, told: dict[str, Any]) -> None:
        if _is_final(error):
            await persist(partial(outbox.finish, mail))
            log.warning("mail.refused", error=type(error).__name__, **told)
        else:
            pause = await persist(partial(outbox.put_off, mail))
            again_in = pause and round(pause.total_seconds())
            log.warning("mail.failed", error=type(error).__name__, again_in=again_in, **told)

    async def _hand_back(self) -> None:
        left = dict(self._flying)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            try:
                await threads.run(outbox.hand_back, list(left.values()))
            except AWAY:
                log.warning("mails.not_handed_back", count=len(left))


def _is_final(error: Exception) -> bool:
    """Whether another attempt would end like this one: the address cannot be written to.

    Any other refusal may be about us and not about the mail (RFC 5321, section 4.2.1).
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, ValueError)  # Django: a line break in a header
