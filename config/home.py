"""`/` and the web client's own addresses: its one page, which finds its way by the address.

Until the client is built, a plain page that leads to the documentation.
"""

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
    "signup",
    "settings",
    "c/<str:conversation>",
    "shared/<str:token>",
)
# What the page may load and talk to: this server, and nothing a message could name. The styles of
# the component library are set at run time, which needs 'unsafe-inline' for styles alone.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class HomeView(View):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        page = client_page(settings.CLIENT_DIR)
        response = render(request, "home.html") if page is None else HttpResponse(page)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        # The page names its scripts by hash, so it must be asked for anew to notice a new release.
        response["Cache-Control"] = "no-cache"
        return response


@cache
def client_page(folder: Path) -> bytes | None:
    page = folder / "index.html"
    return page.read_bytes() if page.is_file() else None
