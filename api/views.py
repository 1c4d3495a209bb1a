"""The base of views that wait or stream."""

from typing import Any

from adrf.views import APIView
from django.db import connection
from rest_framework.request import Request


class AsyncView(APIView):  # type: ignore[misc]  # adrf is untyped
    """DRF's authentication and errors around asynchronous handlers.

    What comes before the handler runs on a thread of the request's own; its database connection
    goes back at once, since a request that waits with one in hand keeps it from all others.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        finally:
            if not connection.in_atomic_block:  # as in a test's transaction
                connection.close()
