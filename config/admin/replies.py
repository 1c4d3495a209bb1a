"""Replies: what became of each request, and what operations can do about it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from api.errors import DomainError
from chat.model_parameters import PARAMETERS, Kind
from chat.models import Reply
from chat.replies import operator_actions
from chat.states import OPEN, TERMINAL, ReplyStatus

from .buttons import WithButtons
from .filters import Created, ErrorCode, OfModel, OnWorker, Status
from .pages import ReadOnly, as_id, members_meant
from .texts import Said, WithTexts

# One by one, so that no page takes minutes.
MOST_AT_ONCE = 100
_GONE = "It is gone, or its conversation was deleted."
_APPLIES = {
    "cancel": OPEN,
    "requeue": (ReplyStatus.IN_PROGRESS,),
    "answer_again": TERMINAL,
}


class ReplyAdmin(WithButtons, WithTexts, ReadOnly):
    list_display = (
        *("created_at", "state", "error_code", "model_name", "attempt", "of_member", "took"),
        "id",
    )
    list_display_links = ("created_at",)
    list_filter = (Status, ErrorCode, OfModel, OnWorker, Created)
    list_select_related = ("config", "member")
    ordering = ("-id",)
    search_help_text = "The id of a reply or conversation, or the e-mail or id of a member"
    actions = ("cancel", "requeue", "answer_again")
    buttons: ClassVar[tuple[str, ...]] = ("cancel", "requeue", "answer_again")
    change_form_template = "admin/reply.html"
    fieldsets = (
        (
            None,
            {"fields": ("id", "state", "of_member", "of_conversation", "model_name", "asked_with")},
        ),
        (
            "Its life",
            {
                "fields": (
                    *("attempt", "failures", "rescues", "worker", "created_at", "started_at"),
                    *("finished_at", "retry_at", "cancel_requested_at", "waited", "took"),
                )
            },
        ),
        ("Why there is no answer", {"fields": ("error_code", "error_detail", "refunded")}),
        (
            "The model's answer",
            {
                "fields": (
                    *("prompt_tokens", "completion_tokens", "total_tokens"),
                    *("response_id", "response_model", "lengths"),
                )
            },
        ),
    )

    def found(self, listed: QuerySet[Reply], text: str) -> QuerySet[Reply]:
        if (wanted := as_id(text)) is not None:
            # Each by its own index; as one OR with members it would read the whole table.
            for column in ("id", "conversation_id"):
                if listed.filter(**{column: wanted}).exists():
                    return listed.filter(**{column: wanted})
        return listed.filter(member_id__in=list(members_meant(text).values_list("id")[:50]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reply]:
        # What the caller of /v1 brought along, and what else came: texts, which are private.
        return super().get_queryset(request).defer("extra", "request_extra", "body_hash")

    def applies(self, button: str, one: Any) -> bool:
        return one is not None and one.status in _APPLIES[button]

    def texts_of(self, one: Reply) -> list[Said]:
        return [
            Said("system", one.config.system),
            Said("asked", one.prompt.prompt),
            Said("member", one.prompt.answer, one.prompt.created_at),
            *(
                Said(f"{choice.role} [{choice.index}]", choice.content, one.finished_at)
                for choice in one.choices.order_by("index")
            ),
        ]

    @display(description="status", ordering="status")
    def state(self, reply: Reply) -> SafeString:
        return format_html(
            '<span class="malgil-state malgil-{}">{}</span>', reply.status, reply.status
        )

    @display(description="model")
    def model_name(self, reply: Reply) -> str:
        return reply.config.model

    @display(description="member")
    def of_member(self, reply: Reply) -> SafeString:
        return _link("accounts_member", reply.member_id, reply.member.email)

    @display(description="conversation")
    def of_conversation(self, reply: Reply) -> SafeString:
        return _link("chat_conversation", reply.conversation_id, reply.conversation_id)

    @display(description="asked with")
    def asked_with(self, reply: Reply) -> str:
        """Its numbers and flags; the model has a column of its own, texts are shown elsewhere."""
        given = {
            parameter.name: getattr(reply.config, parameter.name)
            for parameter in PARAMETERS
            if parameter.kind is not Kind.TEXT
        }
        return ", ".join(f"{name} {value}" for name, value in given.items() if value is not None)

    @display(description="waited")
    def waited(self, reply: Reply) -> str:
        """For the worker of the last attempt."""
        return _seconds(reply.created_at, reply.started_at)

    @display(description="took")
    def took(self, reply: Reply) -> str:
        return _seconds(reply.created_at, reply.finished_at)

    @display(description="characters of each choice")
    def lengths(self, reply: Reply) -> str:
        contents = reply.choices.order_by("index").values_list("content", flat=True)
        return ", ".join(str(len(content)) for content in contents) or "-"

    @action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Reply]) -> None:
        self._each(request, chosen, "Cancelled", lambda reply: operator_actions.cancel(reply.id))

    @action(description="Requeue", permissions=["operate"])
    def requeue(self, request: HttpRequest, chosen: QuerySet[Reply]) -> None:
        self._each(request, chosen, "Requeued", lambda reply: operator_actions.requeue(reply.id))

    @action(description="Answer again", permissions=["operate"])
    def answer_again(self, request: HttpRequest, chosen: QuerySet[Reply]) -> None:
        self._each(
            request, chosen, "Asked again", lambda reply: operator_actions.answer_again(reply.id)
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        has_perm: Any = getattr(request.user, "has_perm", None)
        return bool(has_perm and has_perm("chat.change_reply"))

    def _each(
        self,
        request: HttpRequest,
        chosen: QuerySet[Reply],
        what: str,
        do: Callable[[Reply], Reply | None],
    ) -> None:
        done = 0
        rows = list(chosen[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            text = f"Only the first {MOST_AT_ONCE} were looked at: repeat it for the others."
            self.message_user(request, text, messages.WARNING)
        for reply in rows[:MOST_AT_ONCE]:
            try:
                made = do(reply)
            except DomainError as error:
                self.message_user(request, f"{reply.id}: {error}", messages.ERROR)
                continue
            except Reply.DoesNotExist:
                self.message_user(request, f"{reply.id}: {_GONE}", messages.ERROR)
                continue
            self.log_change(request, reply, f"{what}.")
            if made is not None and made.id != reply.id:
                self.message_user(request, format_html("{}: {}", what, _reply_link(made)))
            done += 1
        if done:
            self.message_user(request, f"{what}: {done}.")


def _reply_link(reply: Reply) -> SafeString:
    return _link("chat_reply", reply.id, reply.id)


def _link(page: str, key: Any, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), text)


def _seconds(began: Any, ended: Any) -> str:
    return "-" if began is None or ended is None else f"{(ended - began).total_seconds():.1f} s"
