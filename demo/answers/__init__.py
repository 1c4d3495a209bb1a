"""The demo model's answers: a tour of what a chat client can show, about what it was asked."""

from collections.abc import Sequence

from demo.answers import dialogue, english, korean, showcase
from demo.requests.request import Message


def compose(messages: Sequence[Message], *, choice: int) -> str:
    """Markdown. The same for the same messages and choice; other choices have another text."""
    read = dialogue.read(messages)
    phrases = korean.PHRASES if read.korean else english.PHRASES
    return showcase.write(read, phrases, choice=choice)
