"""What search looks into."""

from django.db import models


class Passage(models.Model):
    """One searchable text of a conversation, folded: its title, an answer, a choice's content.

    Triggers keep it (migration 0003), in the transaction that stores the text, so no code can
    forget it. So does the index, on an expression that Django does not know: all runs of one, two
    and three characters under a mask of the member's, so that nobody's search passes through what
    others wrote (migration 0008).
    """

    # No reference: it goes with its conversation, and another index would slow each write.
    member_id = models.UUIDField()
    conversation = models.ForeignKey(
        "chat.Conversation", on_delete=models.CASCADE, related_name="passages"
    )
    # The row that it came from: the conversation, a prompt or a choice.
    source = models.UUIDField(unique=True)
    folded = models.TextField()

    def __str__(self) -> str:
        return self.folded[:40]
