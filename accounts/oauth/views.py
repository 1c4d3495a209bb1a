"""`/api/v1/auth/…` for those who sign in at a provider."""

from typing import Any

from django.conf import settings
from django.http import HttpResponseRedirect
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.credentials.sessions import EmailNotVerified
from accounts.mails import readers
from accounts.members import EmailTaken
from accounts.views import PublicView
from api.problems import answers, problem
from api.views import AsyncView

from . import browsers, exchanges, flows, providers
from .codes import CodeInvalid
from .linking import EmailRequired, EmailUnverified, MemberDeactivated
from .providers import ProviderUnknown
from .serializers import (
    ExchangedSerializer,
    ExchangeSerializer,
    ProviderSerializer,
    StartQuery,
)

_ONCE = {"Cache-Control": "no-store"}


class ProvidersView(PublicView):
    @extend_schema(operation_id="list_providers", responses={200: ProviderSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Where one may sign in besides here; empty when nowhere."""
        found = [{"id": name, "name": on["name"]} for name, on in settings.OAUTH_CLIENTS.items()]
        return Response(ProviderSerializer(found, many=True).data)


class ProviderView(AsyncView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (problem("Not there, or not yours", ProviderUnknown),)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        providers.find(request._request, kwargs["provider"])


class StartView(ProviderView):
    @extend_schema(
        operation_id="start_oauth",
        parameters=[StartQuery],
        responses={302: OpenApiResponse(description="To the provider.")},
    )
    async def get(self, request: Request, provider: str) -> HttpResponseRedirect:
        """Go to a provider to sign in there; for a browser to navigate to.

        It comes back to the client's `login/return` within ten minutes, with `?code=`, which
        `POST auth/exchange` takes, or with `?error=`: `access_denied`, `state_lost` or
        `provider_failed`.
        """
        query = StartQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        departure = await flows.start(
            request._request, provider_id=provider, **query.validated_data
        )
        response = HttpResponseRedirect(departure.url, headers=_ONCE)
        browsers.remember(
            response,
            request._request,
            name=departure.browser,
            seconds=int(flows.LIFETIME.total_seconds()),
        )
        return response


class CallbackView(ProviderView):
    @extend_schema(
        operation_id="finish_oauth",
        parameters=[
            OpenApiParameter("state", str, description="As it was sent to the provider."),
            OpenApiParameter("code", str, description="The provider's."),
            OpenApiParameter("error", str, description="The provider's."),
        ],
        responses={302: OpenApiResponse(description="To the client.")},
    )
    async def get(self, request: Request, provider: str) -> HttpResponseRedirect:
        """Come back from a provider; the address to register there."""
        address = await flows.finish(request._request, provider_id=provider)
        return HttpResponseRedirect(address, headers=_ONCE)


class ExchangeView(PublicView):
    @answers(
        problem("Bad request", EmailTaken),
        problem("The code does not count, or not with this verifier", CodeInvalid),
        problem(
            "The account was deactivated, or its e-mail has to be confirmed first",
            MemberDeactivated,
            EmailNotVerified,
        ),
        problem("An e-mail is missing, or is another member's", EmailRequired, EmailUnverified),
    )
    @extend_schema(
        operation_id="exchange_code",
        request=ExchangeSerializer,
        responses={200: ExchangedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Sign in with the code that came back from a provider; it is good once, for 60 s.

        409 `email_required` when the provider told no e-mail: send the same code and verifier
        again within ten minutes, with an `email` of your own. 409 `email_unverified` when a member
        has the e-mail, and the provider does not vouch for it. 403 `email_not_verified` where the
        address has to be confirmed by mail first, and the provider does not vouch for it.
        """
        body = ExchangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = {"email": None} | body.validated_data
        user_agent = request.headers.get("User-Agent", "")
        exchanged = exchanges.exchange(**fields, reader=readers.of(request), user_agent=user_agent)
        return Response(ExchangedSerializer(exchanged).data, headers=_ONCE)
