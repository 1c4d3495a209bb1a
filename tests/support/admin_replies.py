"""Replies as operations people find them: their pages, and an answer that is secret."""

from chat.outcomes import ChoiceParts, Outcome
from chat.replies import lifecycle

from .chat.reply_rows import make_running

LIST = "/admin/chat/reply/"
SECRET = "what nobody else should read"


def page_of(reply):
    return f"{LIST}{reply.id}/"


def completed(member, **fields):
    reply = make_running(member, **fields)
    lifecycle.complete(reply, Outcome(choices=[ChoiceParts(index=0, content=f"Answer: {SECRET}")]))
    return reply
