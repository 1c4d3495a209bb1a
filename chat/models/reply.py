"""The answer to a prompt: its life, what the model was billed for, and its choices."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from api.ids import uuid7
from chat.states import OPEN, TERMINAL, ReplyStatus

from .conversation import ChatConfig, Conversation, Prompt


class Reply(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="replies"
    )
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.CASCADE,
        related_name="replies",
        db_index=False,  # see reply_latest
    )
    config = models.ForeignKey(ChatConfig, on_delete=models.RESTRICT, related_name="replies")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="replies")
    context_start = models.ForeignKey(
        Prompt,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,  # see reply_cut_context
        help_text="The oldest turn that still fitted; null when none was left out.",
    )

    status = models.CharField(
        max_length=20, choices=ReplyStatus.choices, default=ReplyStatus.QUEUED
    )
    # Counts every change of status, so that whoever hears of two knows which is newer.
    revision = models.PositiveIntegerField(default=1)
    # Grows with each claim and fences every later write; of these, `failures` were the model's
    # fault and `rescues` a worker's.
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    rescues = models.PositiveIntegerField(default=0)
    worker = models.UUIDField(null=True)
    # When a queued reply may be looked for in the table: its wake-up was lost, or its backoff over.
    wake_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    # The number of the last delta of the last attempt.
    last_seq = models.PositiveIntegerField(default=0)

    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    total_tokens = models.PositiveIntegerField(null=True)
    response_id = models.TextField(null=True)
    response_created = models.BigIntegerField(null=True)
    response_model = models.TextField(null=True)
    extra = models.JSONField(
        default=dict, help_text="What else came on the wire, and how the request was spelled."
    )

    request_extra = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),  # for a release that does not know it
        help_text="What a caller of /v1 said that has no column of its own.",
    )

    error_code = models.CharField(max_length=50, null=True)
    error_detail = models.TextField(null=True)
    error_retryable = models.BooleanField(default=False)
    refunded = models.BooleanField(default=False)

    idempotency_key = models.CharField(max_length=255, null=True)
    body_hash = models.CharField(max_length=64, null=True)

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "replies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ReplyStatus.values), name="reply_status_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=TERMINAL, finished_at__isnull=False)
                | models.Q(status__in=OPEN, finished_at=None),
                name="a_reply_is_finished_when_terminal",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ReplyStatus.IN_PROGRESS)
                | models.Q(worker__isnull=False),
                name="a_reply_in_progress_has_a_worker",
            ),
            # Also serves the look-up of a conversation's open reply.
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(status__in=OPEN),
                name="one_open_reply_per_conversation",
            ),
            models.UniqueConstraint(
                fields=["member", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="one_reply_per_idempotency_key",
            ),
        ]
        indexes = [
            # Serves the workers' look for queued replies whose wake-up was lost.
            models.Index(fields=["wake_at"], condition=models.Q(status="queued"), name="reply_due"),
            # Serves the position in the queue, the queue's length and "oldest first".
            models.Index(
                fields=["created_at", "id"], condition=models.Q(status="queued"), name="reply_queue"
            ),
            # Serves the rescue of a dead worker's replies.
            models.Index(
                fields=["worker"], condition=models.Q(status="in_progress"), name="reply_by_worker"
            ),
            # Serves a member's open replies when a socket opens.
            models.Index(
                fields=["member"], condition=models.Q(status__in=OPEN), name="reply_open_by_member"
            ),
            # Serves the overview: what ended in the last minutes.
            models.Index(
                fields=["finished_at"], condition=models.Q(status__in=TERMINAL), name="reply_ended"
            ),
            # Serves the overview's failures by code, and the admin's lists of what has no answer.
            models.Index(
                fields=["status", "finished_at"],
                condition=models.Q(status__in=("failed", "cancelled")),
                name="reply_unanswered",
            ),
            # Serves the latest reply of a conversation, and all of them.
            models.Index(fields=["conversation", "-created_at", "-id"], name="reply_latest"),
            # Serves the deletion of a prompt. Few replies have one, and each update writes it anew.
            models.Index(
                fields=["context_start"],
                condition=models.Q(context_start__isnull=False),
                name="reply_cut_context",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class Choice(models.Model):
    """One of a reply's answers; `extra` keeps what else its message carried on the wire."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reply = models.ForeignKey(
        Reply, on_delete=models.CASCADE, related_name="choices", db_index=False
    )
    index = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=50, default="assistant")
    content = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=50, null=True)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [
            # Also serves the choices of a reply.
            models.UniqueConstraint(fields=["reply", "index"], name="index_is_unique_in_a_reply"),
        ]

    def __str__(self) -> str:
        return f"{self.reply_id}[{self.index}]"
