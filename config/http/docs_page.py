"""`/api/docs`: Swagger UI from this server alone, without an inline script."""

from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# Its styles are set at run time; its pictures are in its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class DocsView(SpectacularSwaggerSplitView):
    def finalize_response(self, request: Request, response: Any, *args: Any, **kw: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kw)
        answer["Content-Security-Policy"] = POLICY
        answer["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer
