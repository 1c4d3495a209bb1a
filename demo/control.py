"""`/control`: what tests and benchmarks tell the model, and ask it."""

from dataclasses import asdict

import orjson
from aiohttp import web

from demo.errors import ApiError
from demo.model import MODEL

from .behaviour import script
from .behaviour.settings import SettingError
from .generation.plan import GARBAGE
from .wire.journal import Exchange

_EVENT = b"data: "
_NOT_OBJECTS = (b"[DONE]", GARBAGE)


async def read_settings(http: web.Request) -> web.Response:
    return _json(http.app[MODEL].settings)


async def change_settings(http: web.Request) -> web.Response:
    overrides = await _load(http)
    if not isinstance(overrides, dict):
        raise ApiError("The settings must be a JSON object.", code="invalid_setting")
    try:
        http.app[MODEL].change(overrides)
    except SettingError as error:
        raise _bad(error) from error
    return await read_settings(http)


async def read_script(http: web.Request) -> web.Response:
    """The entries that still wait."""
    return _json([{"match": e.match, **e.overrides} for e in http.app[MODEL].script])


async def add_to_script(http: web.Request) -> web.Response:
    try:
        http.app[MODEL].script.extend(script.parse(await _load(http)))
    except SettingError as error:
        raise _bad(error) from error
    return await read_script(http)


async def clear_script(http: web.Request) -> web.Response:
    http.app[MODEL].script.clear()
    return web.Response(status=204)


async def read_requests(http: web.Request) -> web.Response:
    match = http.query.get("match", "")
    exchanges = http.app[MODEL].journal.exchanges
    return _json([_resource(exchange) for exchange in exchanges if match in exchange.asked])


async def clear_requests(http: web.Request) -> web.Response:
    http.app[MODEL].journal.clear()
    return web.Response(status=204)


async def read_stats(http: web.Request) -> web.Response:
    return _json(asdict(http.app[MODEL].journal.stats))


def _resource(exchange: Exchange) -> dict[str, object]:
    return {
        "id": exchange.id,
        "path": exchange.path,
        "received_at": exchange.received_at,
        "authorization_present": exchange.authorization_present,
        "body": _value(exchange.body),
        "status": exchange.status,
        "response": _response(exchange),
        "outcome": exchange.outcome,
        "tokens": exchange.tokens,
    }


def _response(exchange: Exchange) -> object:
    if exchange.events is not None:
        return _objects(b"".join(exchange.events))
    return None if exchange.response is None else _value(exchange.response)


def _objects(events: bytes) -> list[object]:
    """The JSON objects of a stream. Its JSON has no line ends, so events split at them."""
    data = [event.removeprefix(_EVENT) for event in events.split(b"\n\n") if event]
    return [orjson.Fragment(item) for item in data if item not in _NOT_OBJECTS]


def _value(body: bytes) -> object:
    """The JSON exactly as it came; what is not JSON, as a text."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")
    return orjson.Fragment(body)


async def _load(http: web.Request) -> object:
    try:
        return orjson.loads(await http.read())
    except orjson.JSONDecodeError as error:
        raise ApiError("The body is not JSON.", code="invalid_json") from error


def _bad(error: SettingError) -> ApiError:
    return ApiError(str(error), code="invalid_setting", param=error.field)


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")
