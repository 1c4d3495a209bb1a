"""The fields of a request, each read with its type; null is as good as absent.

All raise FieldError, with the field as OpenAI's `param` and OpenAI's code for what is wrong.
`where` is the path of the object that holds the field, empty for the body.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from api.errors import FieldError
from api.parsers import RepetitiveObject
from api.text import storable

JSON = dict[str, Any]


def path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def wrong(param: str, detail: str, code: str) -> FieldError:
    return FieldError(field=param, detail=detail, code=code)


def wrong_type(param: str, expected: str) -> FieldError:
    named = f" for '{param}'" if param else ""
    return wrong(param, f"Invalid type{named}: expected {expected}.", "invalid_type")


def missing(param: str) -> FieldError:
    detail = f"Missing required parameter: '{param}'."
    return wrong(param, detail, "missing_required_parameter")


def unsupported(param: str, takes: Sequence[Any] = ()) -> FieldError:
    only = f" Leave it out, or send one of {list(takes)}." if takes else " Leave it out."
    detail = f"Unsupported parameter: '{param}' is not supported by Malgil.{only}"
    return wrong(param, detail, "unsupported_parameter")


def of_object(value: Any, known: Collection[str], where: str = "") -> JSON:
    """The value as an object with no other fields than the known ones, each given once."""
    if not isinstance(value, dict):
        raise wrong_type(where, "an object")
    if isinstance(value, RepetitiveObject):
        name = path(where, storable(value.repeated[0]))
        raise wrong(name, f"'{name}' is given more than once.", "repeated_parameter")
    for name in value:
        if name not in known:
            told = path(where, storable(name))
            raise wrong(told, f"Unknown parameter: '{told}'.", "unknown_parameter")
    return value


def text(body: JSON, name: str, where: str = "", *, max_chars: int | None) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    return checked_text(value, path(where, name), max_chars=max_chars)


def checked_text(value: Any, param: str, *, max_chars: int | None = None) -> str:
    """As text that can be stored, of bounded length."""
    if not isinstance(value, str):
        raise wrong_type(param, "a string")
    if max_chars is not None and len(value) > max_chars:
        detail = f"'{param}' is too long: {len(value)} characters, and at most {max_chars} can be."
        raise wrong(param, detail, "string_above_max_length")
    if value != storable(value):
        detail = f"'{param}' holds NUL or half of a surrogate pair, which no text can have."
        raise wrong(param, detail, "invalid_value")
    return value


def flag(body: JSON, name: str, where: str = "") -> bool:
    """False when absent."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong_type(path(where, name), "a boolean")
    return bool(value)


def whole(body: JSON, name: str, *, least: int | None, most: int | None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an integer")
    _bound(value, name, "integer", least, most)
    return value


def number(body: JSON, name: str, *, least: float | None, most: float | None) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a number")
    _bound(value, name, "decimal", least, most)
    return float(value)


def refuse_unsupported(body: JSON, neutral: Mapping[str, Sequence[Any]], where: str = "") -> None:
    """Fields that may be there, but only as null or with a value that asks for nothing."""
    for name, takes in neutral.items():
        value = body.get(name)
        if value is not None and not any(_same(value, nothing) for nothing in takes):
            raise unsupported(path(where, name), takes)


def _bound(value: float, name: str, kind: str, least: float | None, most: float | None) -> None:
    is_below = least is not None and value < least
    if is_below or (most is not None and value > most):
        side = "below_min" if is_below else "above_max"
        bounds = [f"from {least}"] if least is not None else []
        bounds += [f"to {most}"] if most is not None else []
        detail = f"Invalid '{name}': it must be {' '.join(bounds)}."
        raise wrong(name, detail, f"{kind}_{side}_value")


def _same(value: Any, other: Any) -> bool:
    """Equal in JSON, where false is not 0."""
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)
