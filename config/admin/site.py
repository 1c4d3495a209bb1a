"""The admin's pages: which there are, and what all of them share."""

from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from accounts.models import Member
from chat.models import Conversation, Reply

from . import middleware
from .conversations import ConversationAdmin
from .login import LoginForm
from .members import MemberAdmin
from .overview import FiguresView, OverviewView
from .pages import GroupAdmin
from .replies import ReplyAdmin

# Passwords are changed in the client, where that also ends other sessions; no model of ours has a
# page of its own to be led to.
_LEFT_OUT = {"password_change", "password_change_done", "view_on_site"}


class Site(AdminSite):
    site_title = site_header = "Malgil"
    index_title = "Operations"
    login_form = LoginForm
    index_template = "admin/start.html"

    def get_urls(self) -> list[Any]:
        ours = [
            path("overview/", self.admin_view(OverviewView.as_view(site=self)), name="overview"),
            path("overview/figures", self.admin_view(FiguresView.as_view()), name="figures"),
        ]
        theirs = [found for found in super().get_urls() if _name(found) not in _LEFT_OUT]
        return [_surrounded(pattern) for pattern in ours + theirs]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if wait := getattr(form, "retry_after", None):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(wait)
        if response.status_code == HTTPStatus.FOUND and request.method == "POST":
            SessionStore.clear_expired()  # nobody else does
        return response


def _name(pattern: URLPattern | URLResolver) -> str | None:
    return getattr(pattern, "name", None)


def _surrounded(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    if isinstance(pattern, URLResolver):
        for inner in pattern.url_patterns:
            _surrounded(inner)
    else:
        pattern.callback = middleware.around(pattern.callback)
    return pattern


site = Site()
site.register(Member, MemberAdmin)
site.register(Conversation, ConversationAdmin)
site.register(Reply, ReplyAdmin)
site.register(Group, GroupAdmin)
