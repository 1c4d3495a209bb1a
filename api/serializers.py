"""Serializers that refuse what they do not know, and fields that do not bend types."""

from functools import lru_cache
from typing import Any, NoReturn

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from .parsers import RepetitiveObject
from .text import storable


class StrictSerializer(serializers.Serializer[Any]):
    """A request body: unknown fields are errors, not noise."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, RepetitiveObject):
            self._refuse(data.repeated, "This field is given more than once.", "repeated")
        if isinstance(data, dict):
            self._refuse(self._unknown(data), "This field is not known.", "unknown")
        return super().to_internal_value(data)

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """The validated body. Raises ValidationError.

        What `is_valid` does, by one instance for all: to make its fields costs more than to use
        them, and reading leaves nothing in them.
        """
        given: dict[str, Any] = _reader(cls).run_validation(data)
        return given

    def _unknown(self, data: dict[str, Any]) -> list[str]:
        writable = {name for name, field in self.fields.items() if not field.read_only}
        return sorted(set(data) - writable)

    def _refuse(self, names: list[str], why: str, code: str) -> None:
        if names:
            raise ValidationError({storable(name): [why] for name in names}, code=code)


class DescribesOnly:
    # The first base of a serializer that is there for the OpenAPI document alone. A docstring here
    # would be inherited, and stand in the document.

    def to_representation(self, instance: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} describes a shape, and renders nothing.")


@lru_cache
def _reader(of: type[StrictSerializer]) -> StrictSerializer:
    return of()


class TextField(serializers.CharField):
    """A JSON string, kept as it came: numbers are not turned into text, nothing is trimmed.

    NUL and lone surrogates, which cannot be stored, are refused by CharField's own validators.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # CharField calls white space alone blank only when it trims; a message of spaces says
        # nothing either way.
        if isinstance(data, str) and not data.strip() and not self.allow_blank:
            self.fail("blank")
        return super().run_validation(data)


class StrictIntegerField(serializers.IntegerField):
    """A JSON number without a fraction; "5", 5.0 and true are not integers."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictFloatField(serializers.FloatField):
    """A JSON number; "0.5" and true are not numbers."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """true or false; not "yes", 1 or "true"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def flatten_errors(detail: Any, path: str = "") -> list[tuple[str, ErrorDetail]]:
    """DRF's nested error detail as (field, detail) pairs; nested fields joined by dots."""
    if isinstance(detail, dict):
        pairs = []
        for name, inner in detail.items():
            field = "" if name == "non_field_errors" else str(name)
            pairs += flatten_errors(inner, f"{path}.{field}".strip("."))
        return pairs
    if isinstance(detail, list):
        return [pair for inner in detail for pair in flatten_errors(inner, path)]
    return [(path, detail)]
