"""`/api/v1/me/webhooks`: each view parses, makes one call, renders."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Member
from api.pagination import PAGE, Keyset, page_of
from api.problems import answers, missing, problem
from workers.models import Webhook

from . import endpoints
from .endpoints import WebhookLimitReached
from .serializers import NewWebhookSerializer, WebhookInput, WebhookSerializer
from .targets import TargetRefused

# UUIDv7 ids sort by when they were made.
_WEBHOOKS: Keyset[Webhook] = Keyset({"id": UUID})


class WebhooksView(APIView):
    @extend_schema(
        operation_id="list_webhooks", parameters=PAGE, responses={200: page_of(WebhookSerializer)}
    )
    def get(self, request: Request) -> Response:
        """Your webhooks, newest first, without their secrets."""
        page = _WEBHOOKS.page(
            queryset=endpoints.of(cast(Member, request.user)),
            request=request,
            render=lambda rows: list(WebhookSerializer(list(rows), many=True).data),
        )
        return Response(page)

    @answers(
        problem("Bad request", TargetRefused),
        problem("There are as many as there may be", WebhookLimitReached),
    )
    @extend_schema(
        operation_id="create_webhook",
        request=WebhookInput,
        responses={201: NewWebhookSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have each of your replies that ends sent to a URL.

        From now on `{type: "reply.finished", timestamp, data: reply}` is posted there for every
        reply that completed, failed or was cancelled, signed after Standard Webhooks 1.0 with the
        secret, which is shown this once. An answer of 2xx is taken for success; all else is tried
        again for about three days with the same `webhook-id`; 410 switches the webhook off.
        Redirects are not followed.
        """
        body = WebhookInput(data=request.data)
        body.is_valid(raise_exception=True)
        webhook = endpoints.create(member=cast(Member, request.user), **body.validated_data)
        return Response(NewWebhookSerializer(webhook).data, status=status.HTTP_201_CREATED)


class WebhookView(APIView):
    @answers(missing(Webhook))
    @extend_schema(operation_id="delete_webhook", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete a webhook, with all that is still on its way there."""
        endpoints.delete(member=cast(Member, request.user), webhook_id=webhook_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
