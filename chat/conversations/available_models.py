"""Which models members may choose, and within which bounds."""

from typing import Any

from django.conf import settings

from api.errors import FieldError
from chat import model_parameters
from chat.models import OfferedModel

# Used while no worker has seen the server's own list.
SENSIBLE_NAMES = ["gpt-5-mini", "gpt-5", "gpt-5-nano", "gpt-4.1-mini", "gpt-4o-mini"]


def models() -> list[str]:
    """CHAT_MODELS, else what the server lists, else sensible names; one query at most."""
    if settings.CHAT_MODELS:
        return list(settings.CHAT_MODELS)
    seen = OfferedModel.objects.order_by("position").values_list("name", flat=True)
    return list(seen) or SENSIBLE_NAMES


def default_among(names: list[str]) -> str:
    if settings.CHAT_DEFAULT_MODEL:
        return settings.CHAT_DEFAULT_MODEL
    return next((name for name in SENSIBLE_NAMES if name in names), names[0])


def checked(name: str | None) -> str:
    """The name, or the default for None. Raises FieldError naming `config.model`."""
    names = models()
    if name is None:
        return default_among(names)
    if name not in names and name != settings.CHAT_DEFAULT_MODEL:
        raise FieldError(field="config.model", detail="This model is not offered; see GET models.")
    return name


def bounds() -> dict[str, Any]:
    """Of a config's numbers, by their names, and of a message."""
    of_parameters = {
        parameter.name: {"min": parameter.least, "max": parameter.highest}
        for parameter in model_parameters.BOUNDED
    }
    return of_parameters | {"message_chars": {"min": 1, "max": settings.CHAT_MESSAGE_MAX_CHARS}}


def replace(names: list[str]) -> None:
    """Stores what the server lists now; called by the workers."""
    rows = [OfferedModel(name=name, position=index) for index, name in enumerate(names)]
    OfferedModel.objects.exclude(name__in=names).delete()
    OfferedModel.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["position", "seen_at"],
    )
