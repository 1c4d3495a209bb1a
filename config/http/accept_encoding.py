"""Which content codings a client takes: `Accept-Encoding` (RFC 9110, 12.5.3)."""

from functools import lru_cache


@lru_cache(maxsize=256)
def accepted(header: str) -> frozenset[str]:
    """The codings that are named with a weight above 0 and not below that of `identity`.

    In lower case, without `identity`. `*` names none: a body as it is suits every client. A weight
    that is no number counts as 0.
    """
    weights = dict(_weighed(item) for item in header.split(",") if item.strip())
    least = weights.pop("identity", 0.0)
    weights.pop("*", None)
    return frozenset(name for name, weight in weights.items() if weight > 0 and weight >= least)


def _weighed(item: str) -> tuple[str, float]:
    name, _, parameter = item.partition(";")
    key, _, value = parameter.partition("=")
    weight = 1.0 if not parameter.strip() else _number(value) if key.strip() in "qQ" else 0.0
    return name.strip().lower(), weight


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0
