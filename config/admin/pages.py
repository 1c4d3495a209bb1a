"""What the admin's lists and pages share: fast on a million rows, honest about what they cut."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.admin import ModelAdmin, ShowFacets
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from accounts.models import Member

if TYPE_CHECKING:
    Page = ModelAdmin[Any]
    BoundedPages = Paginator[Any]
else:
    Page, BoundedPages = ModelAdmin, Paginator

# What a list leads through by pages; further back one gets by searching and filtering.
MOST_ROWS = 1000
_PATIENCE_SECONDS = 5


class FirstRows(BoundedPages):
    """Counts no further than it leads, so that a list costs the same however long it is."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list  # Django promises less than the QuerySet that it is
        return int(rows[:MOST_ROWS].count())


class FastPage(Page):
    paginator = FirstRows
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # each would be a count
    list_per_page = 50
    list_max_show_all = 0
    most_rows = MOST_ROWS
    sortable_by = ()
    # What is searched for is looked up by `found`; named here, so that there is a field for it.
    search_fields = ("id",)

    def found(self, listed: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The rows that a search means; by indexes only."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (self.found(queryset, text) if text else queryset), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A combination of filters that nothing serves is stopped, and says so."""
        if request.method == "POST":
            # Each action is a transaction of its own, and is told of after its commit.
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{int(1000 * _PATIENCE_SECONDS)}ms'")
            response: Any = super().changelist_view(request, extra_context)
            # Within the time limit: the rows are read when the page is written.
            answer: HttpResponse = response.render() if hasattr(response, "render") else response
        return answer


class ReadOnly(FastPage):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GroupAdmin(DjangosGroupAdmin):
    """Roles: which permissions somebody of the staff has. Only superusers give permissions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def members_meant(text: str) -> QuerySet[Member]:
    """By the id, the whole e-mail, or its beginning; each by an index."""
    if (wanted := as_id(text)) is not None:
        return Member.objects.filter(id=wanted)
    begins = Q(email__startswith=text) | Q(email__startswith=text.lower())
    exact = Member.objects.with_email(text).values("id")
    return Member.objects.filter(begins | Q(id__in=exact))
