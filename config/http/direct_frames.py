"""uvicorn's WebSockets, which also write frames that are encoded (chat/live/websocket_frames)."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from chat.live.websocket_frames import EXTENSION


class DirectFrames(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        # A compressed connection has a state that each frame changes.
        if not self.config.ws_per_message_deflate:
            extensions: dict[str, object] = {**(self.scope["extensions"] or {}), EXTENSION: self}
            self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        await super().run_asgi()

    def is_free(self) -> bool:
        return (
            self.writable.is_set()
            and self.conn.state is State.OPEN
            and not self.disconnected
            and not self.transport.is_closing()
        )

    def write(self, frame: bytes) -> None:
        self.transport.write(frame)
