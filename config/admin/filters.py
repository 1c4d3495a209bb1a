"""How lists of replies are narrowed. The choices are known without reading the replies."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin import SimpleListFilter as Filter
from django.db.models import QuerySet
from django.http import HttpRequest

from api.ids import floor_of
from chat import clock, outcomes
from chat.models import OfferedModel, Reply
from chat.states import OPEN, ReplyStatus
from workers.model import failures
from workers.models import Worker

from .pages import as_id

_PERIODS = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24}


class Status(Filter):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), *((status.value, status.value) for status in ReplyStatus)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        wanted = OPEN if self.value() == "open" else (self.value(),)
        return queryset.filter(status__in=wanted) if self.value() else queryset


class ErrorCode(Filter):
    title, parameter_name = "error code", "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = [kind.code for kind in failures.KINDS]
        codes += [outcomes.CANCELLED.code, outcomes.CRASH_LOOP.code]
        return [(code, code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        if not self.value():
            return queryset
        # Named with the status, so that its index serves; what waits for a retry has a code, too.
        ended = (ReplyStatus.FAILED, ReplyStatus.CANCELLED)
        return queryset.filter(error_code=self.value(), status__in=ended)


class OfModel(Filter):
    title, parameter_name = "model", "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stored = OfferedModel.objects.order_by("position").values_list("name", flat=True)[:50]
        return [(name, name) for name in settings.CHAT_MODELS or stored]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        return queryset.filter(config__model=self.value()) if self.value() else queryset


class OnWorker(Filter):
    """Of running replies: only these are some worker's."""

    title, parameter_name = "running on worker", "worker"

    def has_output(self) -> bool:
        """Also of a worker that is gone; Django leaves a filter out that offers nothing."""
        return bool(self.lookup_choices) or self.value() is not None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Worker.objects.order_by("host", "pid")[:50]
        return [(str(row.id), f"{row.host}:{row.pid}") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        if not self.value():
            return queryset
        worker = as_id(self.value() or "")
        return queryset.filter(worker=worker, status=ReplyStatus.IN_PROGRESS)


class Created(Filter):
    title, parameter_name = "accepted", "accepted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, f"within the last {name}") for name in _PERIODS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        hours = _PERIODS.get(self.value() or "")
        if hours is None:
            return queryset
        # By the id, which holds the moment, since its index is the one that there is.
        return queryset.filter(id__gte=floor_of(clock.now() - timedelta(hours=hours)))
