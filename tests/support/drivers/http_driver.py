"""Requests of a member that wait or stream, in the test's own process."""

import json
from dataclasses import dataclass

from django.test import AsyncClient

from api import threads

from .socket_driver import access_of, open_session


@dataclass(frozen=True)
class Heard:
    """One Server-Sent Event; `kind` is its `event`, `body` its data."""

    id: str
    kind: str
    body: dict


class Caller:
    """`Caller(session)`; headers are given with their own names."""

    def __init__(self, session):
        self._client = AsyncClient(raise_request_exception=True)
        self._access = access_of(session)

    async def get(self, path, **headers):
        return await self._client.get(f"/api/v1/{path}", headers=self._with(headers))

    async def head(self, path, **headers):
        return await self._client.head(f"/api/v1/{path}", headers=self._with(headers))

    async def post(self, path, body, **headers):
        return await self._client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers=self._with(headers)
        )

    def _with(self, headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self._access}"} | named


async def caller_of(member) -> Caller:
    return Caller(await threads.run(open_session, member))


class Stream:
    """Reads the events of a response, passing over comments unless asked for them."""

    def __init__(self, response):
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == "text/event-stream"
        self._parts = aiter(response)
        self._text = ""
        self.comments = 0

    async def next(self) -> Heard | None:
        """None at the end of the stream."""
        while True:
            while "\n\n" not in self._text:
                part = await anext(self._parts, None)
                if part is None:
                    assert self._text == ""
                    return None
                self._text += part.decode()
            block, self._text = self._text.split("\n\n", 1)
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            self.comments += block.startswith(":")
            if "data" in fields:
                return Heard(fields["id"], fields["event"], json.loads(fields["data"]))

    async def rest(self) -> list[Heard]:
        found = []
        while (heard := await self.next()) is not None:
            found.append(heard)
        return found

    async def close(self):
        await self._parts.aclose()
