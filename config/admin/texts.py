"""What members and models wrote. It is private: seen with a permission, and each look is noted."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    Page = ModelAdmin[Any]
else:
    Page = ModelAdmin

PERMISSION = "chat.view_texts"


@dataclass(frozen=True)
class Said:
    who: str
    text: str | None
    at: datetime | None = None


class WithTexts(Page):
    """Adds `texts/` below an object's page; `texts_of` says what is shown there."""

    def texts_of(self, one: Any) -> list[Said]:
        """In order; what is empty is left out."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        # POST, so that no link and no browser that looks ahead makes a look.
        view = self.admin_site.admin_view(require_POST(self.look))
        name = f"{self.opts.app_label}_{self.opts.model_name}_texts"
        return [path("<path:object_id>/texts/", view, name=name), *super().get_urls()]

    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        one = self.get_object(request, object_id)
        if one is None:
            raise Http404
        if not (may_look(request) and self.has_view_permission(request, one)):
            raise PermissionDenied
        self.log_change(request, one, "Looked at the texts.")
        context = self.admin_site.each_context(request) | {
            "title": "Texts",
            "subtitle": str(one.pk),
            "opts": self.opts,
            "original": one,
            "texts": [said for said in self.texts_of(one) if said.text],
        }
        return TemplateResponse(request, "admin/texts.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["may_look"] = may_look(request)
        return super().render_change_form(request, context, *args, **kwargs)


def may_look(request: HttpRequest) -> bool:
    has_perm: Any = getattr(request.user, "has_perm", None)
    return bool(has_perm and has_perm(PERMISSION))
