"""Views that say how much of the daily limit is left, with whatever they answer."""

from contextlib import suppress

from django.db import DatabaseError, InterfaceError
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from accounts.models import Member
from api import threads
from api.views import AsyncView
from chat.limits import daily_limit
from chat.limits.daily_limit import Quota

from . import parameters


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
                for name, value in parameters.rate_limit_headers(state).items():
                    response[name] = value
