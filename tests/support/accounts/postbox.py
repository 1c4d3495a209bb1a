"""The mails that were noted, as they would be sent now."""

import re

from accounts.mails import letters, outbox


def mails():
    """Takes all that is due, as a worker would."""
    taken = outbox.claim(limit=1000)
    written = [letters.compose(mail) for mail in sorted(taken, key=lambda mail: mail.id)]
    for mail in taken:
        outbox.finish(mail)
    return [message for message in written if message is not None]


def mail():
    """The only one."""
    [message] = mails()
    return message


def token_in(message):
    """What stands behind the `#` of its link."""
    return re.search(r"#(\S+)$", message.body, re.MULTILINE)[1]
