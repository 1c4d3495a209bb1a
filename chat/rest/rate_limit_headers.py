"""The headers of the daily limit, and views that add them to whatever they answer."""

from contextlib import suppress

from django.db import DatabaseError, InterfaceError
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from accounts.models import Member
from api import threads
from api.views import AsyncView
from chat.limits import daily_limit
from chat.limits.daily_limit import Quota

_DAY_SECONDS = 86_400


class LimitedView(AsyncView):
    """`quota` is what was told already; without it the table is asked, unless it is away."""

    database_away = False
    quota: Quota | None = None

    async def complete(self, request: Request, response: HttpResponseBase) -> None:
        # Where the database was away, `request.user` might still have to be read.
        if not self.database_away and isinstance(request.user, Member):
            # Whatever was decided is told, also when only this cannot be read any more.
            with suppress(DatabaseError, InterfaceError):
                state = self.quota
                if state is None:
                    state = await threads.run(daily_limit.state, member=request.user)
                for name, value in rate_limit_headers(state).items():
                    response[name] = value


def rate_limit_headers(quota: Quota) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-10; `t` is until the next midnight."""
    return {
        "RateLimit-Policy": f'"daily";q={quota.limit};w={_DAY_SECONDS}',
        "RateLimit": f'"daily";r={quota.remaining};t={quota.seconds_left}',
    }
