"""Is this process alive, and can it work: answered without a token, for probes."""

from django.conf import settings
from django.db import Error
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.redis import Unavailable, link
from config.embedded import paths
from config.http import draining
from workers.engine import broker
from workers.model import health


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
    """503 only without the database: without Redis or workers requests are still accepted.

    And by a process that is about to end, so that a proxy which asks sends it no more.
    """

    @extend_schema(
        operation_id="is_ready", responses={200: HealthSerializer, 503: HealthSerializer}
    )
    def get(self, request: Request) -> Response:
        """Whether requests can be accepted, and what is missing for answering them."""
        checks = _checks()
        if draining.has_begun():
            checks["server"] = "stopping"
        if checks["database"] != "ok" or draining.has_begun():
            return Response({"status": "unavailable", "checks": checks}, status=503)
        healthy = all(check == "ok" for check in checks.values())
        return Response({"status": "ok" if healthy else "degraded", "checks": checks})


def _checks() -> dict[str, str]:
    """`ok`, or what is wrong; of the model what the workers tell (workers/model/health.py)."""
    try:
        model = health.current()
    except Error:
        database, workers, said = "unreachable", "unknown", "unknown"
    else:
        database, workers, said = "ok", "ok" if model.workers else "none", model.status.value
    redis = _redis()
    queue = redis if _is_the_broker(settings.REDIS_URL) else _broker()
    return {
        "database": database,
        "redis": redis,
        "broker": queue,
        "workers": workers,
        "model": said,
    }


def _is_the_broker(redis_url: str) -> bool:
    return settings.CELERY_BROKER_URL in (redis_url, paths.broker_url(redis_url))


def _broker() -> str:
    return "unreachable" if broker.why_not() else "ok"


def _redis() -> str:
    try:
        link.call(lambda redis: redis.ping())
    except Unavailable:
        return "unreachable"
    return "ok"
