"""Buttons on an object's page that do the same as the list's actions, to this one object."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import path
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    Page = ModelAdmin[Any]
else:
    Page = ModelAdmin


class WithButtons(Page):
    change_form_template = "admin/with_buttons.html"
    buttons: ClassVar[tuple[str, ...]] = ()

    def get_urls(self) -> list[Any]:
        press = self.admin_site.admin_view(require_POST(self.press))
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        return [
            path("<path:object_id>/press/<slug:button>/", press, name=name),
            *super().get_urls(),
        ]

    def press(self, request: HttpRequest, object_id: str, button: str) -> HttpResponse:
        actions = self._pressable(request)
        if button not in actions:
            raise PermissionDenied if button in self.buttons else Http404
        one = self.get_object(request, object_id)
        if one is None:
            raise Http404
        act, _, _ = actions[button]
        answer: HttpResponse | None = act(
            self, request, self.get_queryset(request).filter(pk=one.pk)
        )
        page = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return answer or HttpResponseRedirect(resolve_url(page, one.pk))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["buttons"] = [
            (name, label % {"verbose_name": self.opts.verbose_name, "verbose_name_plural": ""})
            for name, (_, _, label) in self._pressable(request).items()
            if self.applies(name, context.get("original"))
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def applies(self, button: str, one: Any) -> bool:
        """Whether there is anything for the button to do."""
        return one is not None

    def _pressable(self, request: HttpRequest) -> dict[str, Any]:
        """Those that this member of the staff has the permission for."""
        known = self._filter_actions_by_permissions(  # type: ignore[attr-defined]  # Django's own
            request, [self.get_action(name) for name in self.buttons]
        )
        return {name: (act, name, label) for act, name, label in known}
