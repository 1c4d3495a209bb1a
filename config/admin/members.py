"""Members: who they are to us, what they may, and locking them out. No secret of theirs is here."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import members
from accounts.credentials import keys, sessions
from accounts.models import Member
from chat.limits import daily_limit

from .buttons import WithButtons
from .pages import FastPage, is_superuser, members_meant

_SHOWN = 20
_OF_THE_STAFF = ("is_staff", "is_superuser", "groups", "user_permissions")


class MemberAdmin(WithButtons, FastPage):
    list_display = ("email", "nickname", "is_active", "daily_limit", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff")
    ordering = ("-id",)
    search_help_text = "The whole id or e-mail, or how the e-mail begins"
    actions = ("deactivate", "reactivate")
    buttons: ClassVar[tuple[str, ...]] = ("deactivate", "reactivate")
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = (
        *("id", "email", "email_verified_at", "nickname", "is_active", "created_at", "last_login"),
        *("used_today", "open_sessions", "api_keys"),
    )
    fieldsets = (
        (None, {"fields": ("email", "id", "nickname", "email_verified_at", "created_at")}),
        ("The daily limit", {"fields": ("daily_limit", "used_today")}),
        ("Coming in", {"fields": ("is_active", "open_sessions", "api_keys", "last_login")}),
        ("Operations", {"fields": _OF_THE_STAFF, "classes": ("collapse",)}),
    )

    def found(self, listed: QuerySet[Member], text: str) -> QuerySet[Member]:
        return listed.filter(id__in=members_meant(text).values("id"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # they sign up; the first of the staff comes by `manage.py createsuperuser`

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # members leave by themselves

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes somebody who may do more."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or is_superuser(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only superusers say who belongs to the staff."""
        mine = () if is_superuser(request) else _OF_THE_STAFF
        return (*self.readonly_fields, *mine)

    def applies(self, button: str, one: Any) -> bool:
        return one is not None and one.is_active == (button == "deactivate")

    @display(description="used today")
    def used_today(self, member: Member) -> str:
        state = daily_limit.state(member=member)
        return f"{state.used} of {state.limit}, resets {state.resets_at:%Y-%m-%d %H:%M%z}"

    @display(description="signed in")
    def open_sessions(self, member: Member) -> SafeString:
        newest = sessions.live(member).order_by("-id")[:_SHOWN]
        return _listed(
            (f"{row.created_at:%Y-%m-%d %H:%M}", row.user_agent or "unknown") for row in newest
        )

    @display(description="API keys")
    def api_keys(self, member: Member) -> SafeString:
        newest = keys.of(member).order_by("-id")[:_SHOWN]
        return _listed((f"{row.created_at:%Y-%m-%d %H:%M}", row.name) for row in newest)

    @action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[Member]) -> None:
        for member in self._allowed(request, chosen.filter(is_active=True)):
            if member == request.user:
                self.message_user(request, "You cannot lock yourself out.", messages.ERROR)
                continue
            members.deactivate(member)
            self.log_change(request, member, "Deactivated.")
            self.message_user(
                request, f"{member} is deactivated. Their sessions are ended; sockets close now."
            )

    @action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, chosen: QuerySet[Member]) -> None:
        for member in self._allowed(request, chosen.filter(is_active=False)):
            members.reactivate(member)
            self.log_change(request, member, "Reactivated.")
            self.message_user(request, f"{member} may sign in again.")

    def _allowed(self, request: HttpRequest, chosen: QuerySet[Member]) -> list[Member]:
        rows = list(chosen[: self.list_per_page])
        allowed = [member for member in rows if self.has_change_permission(request, member)]
        if not allowed:
            self.message_user(request, "There was nothing to change.", messages.WARNING)
        return allowed


def _listed(rows: Any) -> SafeString:
    lines = format_html_join("", "<li>{} · {}</li>", rows)
    return format_html("<ul>{}</ul>", lines) if lines else SafeString("none")
