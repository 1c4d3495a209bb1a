"""`/api/v1/models` and `/api/v1/quota`: what may be asked, and how often."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.credentials.authentication import member_of
from chat.conversations import available_models
from chat.limits import daily_limit
from chat.resources import render

from .schema import ModelsSerializer, QuotaSerializer


class ModelsView(APIView):
    @extend_schema(operation_id="list_models", responses={200: ModelsSerializer})
    def get(self, request: Request) -> Response:
        """The models that may be asked, and the bounds of a config."""
        names = available_models.models()
        return Response(
            render.models(
                names=names,
                default=available_models.default_among(names),
                bounds=available_models.bounds(),
                demo=settings.DEMO_MODEL,
            )
        )


class QuotaView(APIView):
    @extend_schema(operation_id="get_quota", responses={200: QuotaSerializer})
    def get(self, request: Request) -> Response:
        """How much of the daily limit is used."""
        return Response(render.quota(daily_limit.state(member=member_of(request))))
