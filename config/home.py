"""`/` and the web client's own paths: its one page, which finds its way by the address.

Until the client is built, a plain page that leads to the documentation.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View


class HomeView(View):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        page = client_page(settings.CLIENT_DIR)
        if page is None:
            return render(request, "home.html")
        # The page names its scripts by hash, so it must be asked for anew to notice a new release.
        return HttpResponse(page, headers={"Cache-Control": "no-cache"})


@cache
def client_page(folder: Path) -> bytes | None:
    page = folder / "index.html"
    return page.read_bytes() if page.is_file() else None
