"""Is this process alive, and can it work: answered without a token, for probes."""

from django.db import Error, connection
from drf_spectacular.utils import extend_schema
from psycopg_pool import PoolTimeout
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.redis import Unavailable, link
from workers import liveness


class ProbeView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)


class AliveSerializer(serializers.Serializer[dict[str, object]]):
    status = serializers.ChoiceField(choices=["ok"])


class AliveView(ProbeView):
    @extend_schema(operation_id="is_alive", responses={200: AliveSerializer})
    def get(self, request: Request) -> Response:
        """Whether this process answers at all."""
        return Response({"status": "ok"})


class HealthSerializer(serializers.Serializer[dict[str, object]]):
    status = serializers.ChoiceField(choices=["ok", "degraded", "unavailable"])
    checks = serializers.DictField(child=serializers.CharField())


class ReadyView(ProbeView):
    """503 only without the database: without Redis or workers requests are still accepted."""

    @extend_schema(
        operation_id="is_ready", responses={200: HealthSerializer, 503: HealthSerializer}
    )
    def get(self, request: Request) -> Response:
        """Whether requests can be accepted, and what is missing for answering them."""
        database, workers = _database(), "unknown"
        if database == "ok":
            workers = "ok" if liveness.any_worker_beats() else "none"
        checks = {"database": database, "redis": _redis(), "workers": workers}
        if database != "ok":
            return Response({"status": "unavailable", "checks": checks}, status=503)
        healthy = all(check == "ok" for check in checks.values())
        return Response({"status": "ok" if healthy else "degraded", "checks": checks})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (Error, PoolTimeout):
        return "unreachable"
    return "ok"


def _redis() -> str:
    try:
        link.call(lambda redis: redis.ping())
    except Unavailable:
        return "unreachable"
    return "ok"
