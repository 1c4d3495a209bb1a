"""`/metrics`, for Prometheus on a network of ours: numbers of the service, nothing of a member.

Others find nothing here. Whoever comes through a proxy may be anybody, so proxies need not think of
this address.
"""

from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import metrics

from . import service_metrics
from .health import ProbeView

_BY_PROXY = ("X-Forwarded-For", "Forwarded", "Via")


class MetricsView(ProbeView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        if not _is_ours(request):
            raise Http404
        return HttpResponse(
            service_metrics.exposition() + metrics.exposition(), content_type=metrics.CONTENT_TYPE
        )


def _is_ours(request: Request) -> bool:
    if any(name in request.headers for name in _BY_PROXY):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_NETWORKS)
