"""A running reply as its worker would write it: the text so far, a delta, the end."""

import redis as redis_library

from chat.events import publisher, snapshot_format
from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle


def shown(reply, texts, seq):
    """As the worker keeps the text so far, without telling."""
    from django.conf import settings

    with redis_library.Redis.from_url(settings.REDIS_URL) as client:
        choices = reply.config.n or 1
        lengths = [len(texts.get(index, "").encode()) for index in range(choices)]
        client.set(
            snapshot_format.mark_key(reply.id, reply.attempt), snapshot_format.mark(seq, lengths)
        )
        for index, text in texts.items():
            client.set(snapshot_format.text_key(reply.id, reply.attempt, index), text)


def say(reply, seq, text, *, choice=0, attempt=None):
    attempt = reply.attempt if attempt is None else attempt
    publisher.publish([publisher.Deltas(reply, attempt).delta(seq=seq, choice=choice, text=text)])


def complete(reply, text, seq):
    outcome = Outcome(
        choices=[ChoiceParts(index=0, content=text, finish_reason="stop")], last_seq=seq
    )
    lifecycle.complete(reply, outcome)
    return publisher.after_change(reply)
