"""The fields of a request, each read with its type; `null` is as good as absent.

All raise ApiError with status 400 and the field as `param`, named as in `body` unless given.
"""

from collections.abc import Mapping

from demo.errors import ApiError


def present(body: Mapping[str, object], name: str, *, param: str | None = None) -> object:
    if body.get(name) is None:
        raise ApiError(
            f"Missing required parameter: '{param or name}'.",
            code="missing_required_parameter",
            param=param or name,
        )
    return body[name]


def flag(body: Mapping[str, object], name: str, *, param: str | None = None) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong_type(param or name, "a boolean")
    return bool(value)


def whole(body: Mapping[str, object], name: str, *, most: int | None = None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an integer")
    if value < 1 or (most is not None and value > most):
        raise wrong_value(name, f"is from 1 to {most}" if most else "is 1 or more")
    return value


def number(body: Mapping[str, object], name: str, *, least: float, most: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(name, "a number")
    if not least <= value <= most:
        raise wrong_value(name, f"is from {least} to {most}")


def wrong_type(param: str, expected: str) -> ApiError:
    return ApiError(
        f"Invalid type for '{param}': expected {expected}.", code="invalid_type", param=param
    )


def wrong_value(param: str, expected: str) -> ApiError:
    return ApiError(
        f"Invalid value for '{param}': make sure that it {expected}.",
        code="invalid_value",
        param=param,
    )
