"""A conversation is named after the first thing that was said; no model is asked."""

from chat.models import Conversation

MAX_CHARS = 60


def name_after(conversation: Conversation, text: str) -> None:
    """Sets the title, unless the member chose one."""
    if not conversation.title_chosen:
        conversation.title = title_from(text)
        conversation.save(update_fields=["title"])


def title_from(text: str) -> str:
    """The first line with something in it, cut at a word where that loses little."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    line = " ".join(line.split())
    if len(line) <= MAX_CHARS:
        return line
    cut = line[: MAX_CHARS - 1]
    at_word = cut.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > MAX_CHARS // 2 else cut) + "…"
