"""`/` and the web client's own addresses: its one page, which finds its way by the address.

Until the client is built, a plain page that leads to the documentation.
"""

import html
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

# Each gives the client's page; its router knows the rest.
CLIENT_ADDRESSES = (
    "",
    "welcome",
    "login",
    "login/return",
    "signup",
    "forgot-password",
    "reset-password",
    "confirm-email",
    "settings",
    "c/<str:conversation>",
    "shared/<str:token>",
)
# For the plain page. The client's page carries its own, so that it also holds where only files are
# served; its build writes it (frontend/vite.config.ts).
PLAIN_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
_POLICY_IN_PAGE = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')


class HomeView(View):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        page = client_page(settings.CLIENT_DIR)
        response = render(request, "home.html") if page is None else HttpResponse(page)
        # A page's own policy cannot say who may frame it.
        policy = PLAIN_POLICY if page is None else policy_of(page)
        response["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
        # The page names its scripts by hash, so it must be asked for anew to notice a new release.
        response["Cache-Control"] = "no-cache"
        return response


@cache
def client_page(folder: Path) -> str | None:
    page = folder / "index.html"
    return page.read_text() if page.is_file() else None


def policy_of(page: str) -> str:
    """The policy that the client's page carries; without one nothing may be loaded."""
    found = _POLICY_IN_PAGE.search(page)
    return html.unescape(found[1]) if found else "default-src 'none'"
