"""The routes."""

from aiohttp import web
from aiohttp.typedefs import Handler

from demo import completions, control, models
from demo.errors import ApiError
from demo.model import MODEL, Model

from .behaviour.settings import Settings

MOST_BODY_BYTES = 64 * 1024 * 1024


def build(settings: Settings) -> web.Application:
    app = web.Application(client_max_size=MOST_BODY_BYTES, middlewares=[_errors_as_json])
    app[MODEL] = Model(settings)
    app.add_routes(
        [
            web.post("/v1/chat/completions", completions.create),
            web.get("/v1/models", models.list_all),
            web.get("/v1/models/{id:.+}", models.retrieve),
            web.get("/healthz", _healthz),
            web.get("/control", control.read_settings),
            web.patch("/control", control.change_settings),
            web.get("/control/script", control.read_script),
            web.post("/control/script", control.add_to_script),
            web.delete("/control/script", control.clear_script),
            web.get("/control/requests", control.read_requests),
            web.delete("/control/requests", control.clear_requests),
            web.get("/control/stats", control.read_stats),
        ]
    )
    return app


async def _healthz(http: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPError as error:
        sentence = f"{error.reason}: {request.method} {request.path}"
        return ApiError(sentence, status=error.status, code="unknown_url").response()
