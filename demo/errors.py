"""Errors in the shape of OpenAI's API."""

import orjson
from aiohttp import web


class ApiError(Exception):
    """A request that is answered with `{"error": {message, type, param, code}}`."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers

    def body(self) -> bytes:
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return orjson.dumps({"error": error})

    def response(self) -> web.Response:
        return web.Response(
            body=self.body(),
            status=self.status,
            headers=self.headers,
            content_type="application/json",
        )
