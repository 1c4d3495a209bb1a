from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from .admin.site import site
from .http import problems
from .http.data_export import DataExportView
from .http.docs_page import DocsView
from .http.home import CLIENT_ADDRESSES, HomeView
from .monitoring import health
from .monitoring.metrics_page import MetricsView

# They are tried one after another, so what is asked most often comes first.
urlpatterns = [
    path("api/v1/", include("chat.rest.urls")),
    *(path(address, HomeView.as_view()) for address in CLIENT_ADDRESSES),
    path("healthz", health.AliveView.as_view()),
    path("readyz", health.ReadyView.as_view()),
    path("metrics", MetricsView.as_view()),
    path("admin/", site.urls),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(url_name="schema")),
    path("api/v1/me/export", DataExportView.as_view()),
    path("api/v1/", include("accounts.urls")),
    path("v1/", include("chat.openai_surface.urls")),
    path("api/v1/", include("workers.outbox.webhooks.urls")),
]

handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.server_error
