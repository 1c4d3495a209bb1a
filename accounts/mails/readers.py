"""Who will read a mail: in which language, and at which client its links are opened."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language_from_request
from rest_framework.request import Request

from .texts import TEXTS


@dataclass(frozen=True)
class Reader:
    language: str
    client: str  # the base address, ending in a slash


def of(request: Request) -> Reader:
    return Reader(language=_language(request), client=_client(request))


def _language(request: Request) -> str:
    language = get_language_from_request(request._request)
    return language if language in TEXTS else "en"


def _client(request: Request) -> str:
    """CLIENT_URL, or the page's origin if it is one of FRONTEND_ORIGINS, else this server.

    This server by the name that it was asked by, which is one of ALLOWED_HOSTS; where those are
    not all named, config/settings.py insists on CLIENT_URL.
    """
    if settings.CLIENT_URL:
        return f"{settings.CLIENT_URL}/"
    origin = request.headers.get("Origin")
    return f"{origin}/" if origin in settings.FRONTEND_ORIGINS else request.build_absolute_uri("/")
