"""`GET /v1/models`, and who may ask which of them."""

import orjson
from aiohttp import web

from demo.errors import ApiError
from demo.model import MODEL

from .behaviour.settings import Settings

CREATED = 1_735_689_600  # the start of 2025; clients want some moment


async def list_all(http: web.Request) -> web.Response:
    settings = http.app[MODEL].settings
    check_key(http, settings)
    return _json({"object": "list", "data": [_resource(name) for name in settings.models]})


async def retrieve(http: web.Request) -> web.Response:
    settings = http.app[MODEL].settings
    check_key(http, settings)
    name = http.match_info["id"]
    check_model(name, settings)
    return _json(_resource(name))


def check_key(http: web.Request, settings: Settings) -> None:
    """Raises ApiError with status 401."""
    given = http.headers.get("Authorization", "")
    if settings.api_key is not None and given != f"Bearer {settings.api_key}":
        raise ApiError("Incorrect API key provided.", status=401, code="invalid_api_key")


def check_model(name: str, settings: Settings) -> None:
    """Raises ApiError with status 404."""
    if name not in settings.models:
        raise ApiError(
            f"The model '{name}' does not exist. There is: {', '.join(settings.models)}.",
            status=404,
            code="model_not_found",
            param="model",
        )


def _resource(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "malgil"}


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
