"""A conversation is a tree: prompt -> replies -> choices -> prompts -> …"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from api.ids import uuid7


class PromptKind(models.TextChoices):
    CURRENT_STATE = "current_state", "The intake's question where the member stands."
    GOAL = "goal", "The intake's question what the member wants to reach."
    MISC = "misc", "The intake's question for other requirements."
    MESSAGE = "message", "What the member wrote freely."


class SystemRole(models.TextChoices):
    SYSTEM = "system", "What every model server knows."
    DEVELOPER = "developer", "What OpenAI's reasoning models call it; a caller of /v1 said so."


INTAKE_KINDS = (PromptKind.CURRENT_STATE, PromptKind.GOAL, PromptKind.MISC)


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    title = models.CharField(max_length=200, blank=True)
    title_chosen = models.BooleanField(default=False, help_text="The member wrote it.")
    config = models.ForeignKey("chat.ChatConfig", on_delete=models.RESTRICT, related_name="+")
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)
    share_token = models.CharField(max_length=64, null=True, unique=True)
    # When something was last said; lists sort by it, so that renaming does not move a row.
    active_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions = [("view_texts", "Can read what members and models wrote")]
        indexes = [
            # Serves the list: one member's conversations, pinned first, then newest first.
            models.Index(
                fields=["member", "archived", "-pinned", "-active_at", "-id"],
                condition=models.Q(deleted_at=None),
                name="conversation_list",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)  # the title is the member's own words


class ChatConfig(models.Model):
    """What the model is asked with. Append-only: each reply keeps the row it ran with.

    Fields that the member left out are null and are not sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="configs")
    model = models.CharField(max_length=200)
    temperature = models.FloatField(null=True)
    stream = models.BooleanField(default=True)
    max_tokens = models.PositiveIntegerField(null=True)
    n = models.PositiveSmallIntegerField(null=True)
    system = models.TextField(null=True)
    system_role = models.CharField(
        max_length=20,
        choices=SystemRole.choices,
        default=SystemRole.SYSTEM,
        # As below: a release that does not know the column goes on inserting while it is replaced.
        db_default=SystemRole.SYSTEM,
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(temperature=None) | models.Q(temperature__range=(0, 2)),
                name="temperature_is_from_0_to_2",
            ),
            models.CheckConstraint(
                condition=models.Q(n=None) | models.Q(n__range=(1, 4)), name="n_is_from_1_to_4"
            ),
            models.CheckConstraint(
                condition=models.Q(system_role__in=SystemRole.values), name="system_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.model


class Prompt(models.Model):
    """A turn of the member's: an intake question with its answer, or a free message.

    `prompt` is the bot's question as it was asked, empty for a free message; `answer` is the
    member's text. `parent` is the choice it follows, null at the root. Immutable once a reply
    used it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="prompts", db_index=False
    )
    kind = models.CharField(max_length=20, choices=PromptKind.choices)
    prompt = models.TextField(blank=True)
    answer = models.TextField(null=True)
    # Of a caller of /v1: what has no place in the tree, such as a second message in a row.
    preceding = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="`{role, content}` of messages sent directly before it.",
    )
    position = models.PositiveIntegerField()
    parent = models.ForeignKey(
        "chat.Choice", on_delete=models.CASCADE, null=True, related_name="prompts"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=PromptKind.values), name="prompt_kind_is_known"
            ),
            # Also serves the prompts of a conversation.
            models.UniqueConstraint(
                fields=["conversation", "position"], name="position_is_unique_in_a_conversation"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=PromptKind.MESSAGE) | models.Q(answer__isnull=False),
                name="a_message_has_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
