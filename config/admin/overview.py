"""`/admin/overview/`: how it is doing now, renewed by a small script of ours."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views import View

from api.renderers import to_json

from . import figures


class OverviewView(View):
    site: AdminSite | None = None  # given by as_view

    def get(self, request: HttpRequest) -> HttpResponse:
        assert self.site is not None
        context = self.site.each_context(request) | {"title": "Overview"}
        return TemplateResponse(request, "admin/overview.html", context)


class FiguresView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        """What the script asks for every two seconds."""
        return HttpResponse(to_json(figures.current()), content_type="application/json")
