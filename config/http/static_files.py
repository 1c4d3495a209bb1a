"""WhiteNoise's middleware, without a thread for each request that waits."""

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise is untyped
    """The parent is synchronous, and Django keeps a thread for whoever passes through such one."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._asynchronous = iscoroutinefunction(get_response)
        if self._asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        return self._answer(request) if self._asynchronous else super().__call__(request)

    async def _answer(self, request: Any) -> Any:
        file = self.files.get(request.path_info)
        return await self.get_response(request) if file is None else self.serve(file, request)
