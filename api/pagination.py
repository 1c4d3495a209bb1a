"""Keyset pagination: `{next, previous, results}` by an opaque cursor.

DRF's own CursorPagination positions by the first ordering field and counts an offset among equal
values, so a list that puts pinned rows first would scan all of them; this one compares the whole
key, at the same cost on every page.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 30
MAX_PAGE_SIZE = 100


PAGE = [
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
    OpenApiParameter("page_size", int, description=f"1 to {MAX_PAGE_SIZE}."),
]


class Keyset(Generic[Row]):
    """Pages over `queryset` in descending order of `fields`, which together must be unique.

    `parse` turns each field's JSON form in a cursor back into a value and raises ValueError for
    anything else.
    """

    def __init__(self, fields: dict[str, Callable[[Any], Any]]) -> None:
        self.fields = fields

    def page(
        self,
        *,
        queryset: QuerySet[Row],
        request: Request,
        render: Callable[[Sequence[Row]], list[Any]],
    ) -> dict[str, Any]:
        """One query. Raises ValidationError naming `cursor` or `page_size`."""
        size = _page_size(request)
        backwards, key = self._decode(request.query_params.get("cursor"))
        order = [name if backwards else f"-{name}" for name in self.fields]
        rows = list(queryset.filter(self._beyond(key, backwards)).order_by(*order)[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        has_next = bool(rows) and (more or backwards)
        has_previous = bool(rows) and (more if backwards else key is not None)
        return {
            "next": self._link(request, rows[-1], backwards=False) if has_next else None,
            "previous": self._link(request, rows[0], backwards=True) if has_previous else None,
            "results": render(rows),
        }

    def _beyond(self, key: list[Any] | None, backwards: bool) -> Q:
        if key is None:
            return Q()
        comparison = "gt" if backwards else "lt"
        beyond, equal = Q(), Q()
        for name, value in zip(self.fields, key, strict=True):
            beyond |= equal & Q(**{f"{name}__{comparison}": value})
            equal &= Q(**{name: value})
        return beyond

    def _decode(self, cursor: str | None) -> tuple[bool, list[Any] | None]:
        if cursor is None:
            return False, None
        try:
            backwards, *key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            values = [parse(value) for parse, value in zip(self.fields.values(), key, strict=True)]
            return bool(backwards), values
        except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
            raise ValidationError({"cursor": ["This cursor is not one of ours."]}) from error

    def _link(self, request: Request, row: Row, *, backwards: bool) -> str:
        key = [_plain(getattr(row, name)) for name in self.fields]
        packed = json.dumps([int(backwards), *key]).encode()
        query = request.query_params.copy()
        query["cursor"] = base64.urlsafe_b64encode(packed).decode()
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _page_size(request: Request) -> int:
    asked = request.query_params.get("page_size", str(PAGE_SIZE))
    # Bounded before it is read: Python refuses to read a number of thousands of digits.
    plain = asked.isascii() and asked.isdigit() and len(asked) <= len(str(MAX_PAGE_SIZE))
    if not (plain and 1 <= int(asked) <= MAX_PAGE_SIZE):
        raise ValidationError({"page_size": [f"Give a number from 1 to {MAX_PAGE_SIZE}."]})
    return int(asked)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)


def page_of(result: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The schema of a page of `result`."""
    name = result.__name__.removesuffix("Serializer")
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": result(many=True),
    }
    page: type[serializers.Serializer[Any]] = type(f"{name}Page", (serializers.Serializer,), fields)
    return page()
