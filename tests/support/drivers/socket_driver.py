"""A client's side of `/ws/v1`, in the test's own process."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from asgiref.testing import ApplicationCommunicator

from accounts.credentials import tickets, tokens
from accounts.models import Session
from api import threads
from chat.live.websocket_frames import EXTENSION
from config.asgi import application

SECONDS = 10


class Socket(ApplicationCommunicator):
    """`channels.testing` would need daphne.

    `direct` offers what our own server offers (chat/live/websocket_frames); others have ASGI alone.
    """

    def __init__(self, *subprotocols, direct=True):
        scope = {
            "type": "websocket",
            "path": "/ws/v1",
            "query_string": b"",
            "headers": [],
            "subprotocols": list(subprotocols),
            "extensions": {EXTENSION: self} if direct else {},
        }
        self.free = True
        super().__init__(application, scope)

    def is_free(self):
        return self.free

    def write(self, frame):
        length = frame[1]
        start = {126: 4, 127: 10}.get(length, 2)
        message = {"type": "websocket.send", "text": frame[start:].decode()}
        self.output_queue.put_nowait(message)

    async def connect(self):
        """Whether it was accepted, and with which subprotocol."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=SECONDS)
        return answer["type"] == "websocket.accept", answer.get("subprotocol")

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=SECONDS)

    async def next(self, kind=None):
        """The next frame; of the kind, passing over others."""
        while True:
            message = await self.receive_output(timeout=SECONDS)
            assert message["type"] == "websocket.send", message
            frame = json.loads(message["text"])
            if kind is None or frame["type"] == kind:
                return frame

    async def rest(self):
        """What has come and was not read."""
        frames = []
        while not await self.receive_nothing(timeout=0.1, interval=0.02):
            frames.append(await self.next())
        return frames

    async def say(self, **frame):
        await self.say_raw(text=json.dumps(frame))

    async def say_raw(self, **content):
        await self.send_input({"type": "websocket.receive", **content})

    async def closed_with(self):
        while True:
            message = await self.receive_output(timeout=SECONDS)
            if message["type"] == "websocket.close":
                return message["code"]


def open_session(member) -> Session:
    return Session.objects.create(member=member)


def access_of(session) -> str:
    return tokens.issue(session).access


def ticket_for(session, *, lasting=60.0):
    until = datetime.now(UTC) + timedelta(seconds=lasting)
    return f"ticket.{tickets.issue(session=session, authenticated_until=until)}"


@asynccontextmanager
async def opened(member, *, session=None, lasting=60.0, ready=True, direct=True):
    """A socket of the member's; `ready` has been read."""
    session = session or await threads.run(open_session, member)
    ticket = await threads.run(lambda: ticket_for(session, lasting=lasting))
    socket = Socket("malgil.v1", ticket, direct=direct)
    try:
        accepted, protocol = await socket.connect()
        assert (accepted, protocol) == (True, "malgil.v1")
        if ready:
            assert (await socket.next())["type"] == "ready"
        yield socket
    finally:
        await socket.disconnect()
