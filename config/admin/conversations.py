"""Conversations: whose, and the tree of prompts and replies. Without a permission no texts."""

from typing import Any

from django.contrib.admin import display
from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.models import Choice, Conversation, Prompt, Reply
from chat.resources import queries

from .pages import ReadOnly, as_id, members_meant
from .texts import Said, WithTexts

# Of a longer conversation the latest ones are shown.
MOST_PROMPTS = 500


class ConversationAdmin(WithTexts, ReadOnly):
    list_display = ("created_at", "of_member", "last_reply", "active_at", "was_deleted", "id")
    list_filter = ("archived",)
    ordering = ("-id",)
    search_help_text = "The id of a conversation or of a reply in it, or the e-mail of its member"
    change_form_template = "admin/conversation.html"
    fieldsets = (
        (None, {"fields": ("id", "of_member", "model_name", "created_at", "active_at")}),
        ("Kept how", {"fields": ("archived", "pinned", "is_shared", "deleted_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        # The title is the first thing that the member said, and the token opens the conversation.
        listed = queries.with_last_reply().select_related("member", "config")
        return listed.defer("title", "config__system")

    def found(self, listed: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
        if (wanted := as_id(text)) is not None:
            of_reply = Reply.objects.filter(id=wanted).values_list("conversation_id", flat=True)
            ids = [wanted, *of_reply]
            if listed.filter(id__in=ids).exists():
                return listed.filter(id__in=ids)
        return listed.filter(member_id__in=list(members_meant(text).values_list("id")[:50]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if (conversation := context.get("original")) is not None:
            context |= tree_of(conversation)
        return super().render_change_form(request, context, *args, **kwargs)

    def texts_of(self, one: Conversation) -> list[Said]:
        said = [Said("title", one.title), Said("system", one.config.system)]
        rows = one.prompts.order_by("-position").prefetch_related(_REPLIES_WITH_TEXTS)
        for prompt in list(rows[:MOST_PROMPTS])[::-1]:
            said.append(Said("asked", prompt.prompt))
            said.append(Said("member", prompt.answer, prompt.created_at))
            said += [
                Said(f"{choice.role}, {reply.id}", choice.content, reply.finished_at)
                for reply in prompt.replies.all()
                for choice in reply.choices.all()
            ]
        return said

    @display(description="member")
    def of_member(self, conversation: Conversation) -> SafeString:
        page = reverse("admin:accounts_member_change", args=[conversation.member_id])
        return format_html('<a href="{}">{}</a>', page, conversation.member.email)

    @display(description="last reply")
    def last_reply(self, conversation: Any) -> SafeString | str:
        last = conversation.last_reply
        if last is None:
            return "-"
        page = reverse("admin:chat_reply_change", args=[last["id"]])
        return format_html('<a href="{}">{}</a>', page, last["status"])

    @display(description="deleted", boolean=True)
    def was_deleted(self, conversation: Conversation) -> bool:
        return conversation.deleted_at is not None

    @display(description="shared by a link", boolean=True)
    def is_shared(self, conversation: Conversation) -> bool:
        return conversation.share_token is not None

    @display(description="model")
    def model_name(self, conversation: Conversation) -> str:
        return conversation.config.model


_REPLIES = Prefetch(
    "replies",
    Reply.objects.order_by("id").only("id", "status", "error_code", "attempt", "prompt_id"),
)
_REPLIES_WITH_TEXTS = Prefetch(
    "replies",
    Reply.objects.order_by("id").prefetch_related(
        Prefetch("choices", Choice.objects.order_by("index"))
    ),
)


def tree_of(conversation: Conversation) -> dict[str, Any]:
    """`prompts` in order, each with its replies, and with the reply that it follows."""
    rows = (
        Prompt.objects.filter(conversation=conversation)
        .order_by("-position")
        .select_related("parent")
        .prefetch_related(_REPLIES)
        .annotate(characters=Length("answer"))
        .defer("prompt", "answer", "preceding", "parent__content", "parent__extra")
    )
    prompts = list(rows[:MOST_PROMPTS])
    return {"prompts": prompts[::-1], "cut": len(prompts) == MOST_PROMPTS}
