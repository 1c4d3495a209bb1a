# mypy: allow-subclassing-any
"""allauth's hooks: which providers there are, how they are reached, what is kept of a profile."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

from .bounded_http import BoundedSession


class Adapter(DefaultSocialAccountAdapter):
    def get_provider(self, request: Any, provider: str, client_id: str | None = None) -> Any:
        """From the settings alone: allauth would look into the database too."""
        from . import providers

        return providers.find(request, provider)

    def get_requests_session(self) -> BoundedSession:
        return BoundedSession()

    def populate_user(self, request: Any, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Only the nickname, as it came; the addresses are in `sociallogin.email_addresses`."""
        both = [data.get("first_name"), data.get("last_name")]
        full = " ".join(part for part in both if isinstance(part, str) and part)
        sociallogin.user.nickname = data.get("name") or data.get("username") or full
        return sociallogin.user
