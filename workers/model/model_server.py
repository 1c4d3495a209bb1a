"""The model server as a worker knows it: its health, and the client that asks it.

The `openai` package takes longer to import than all else of a worker. So the client is made when it
is first asked for, in a thread: a worker registers and claims meanwhile.
"""

import asyncio
import importlib
from typing import TYPE_CHECKING

from .health import ModelHealth

if TYPE_CHECKING:
    from .client import ModelClient


class ModelServer:
    """One for a process and its event loop."""

    def __init__(self) -> None:
        self.health = ModelHealth()
        self._client: ModelClient | None = None
        self._making = asyncio.Lock()

    async def client(self) -> "ModelClient":
        if self._client is None:
            async with self._making:
                if self._client is None:
                    name = f"{__package__}.client"
                    module = await asyncio.to_thread(importlib.import_module, name)
                    self._client = module.ModelClient(self.health)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
