# mypy: allow-subclassing-any
"""allauth's apps, as we use them."""

from allauth.account.apps import AccountConfig


class AllauthAccount(AccountConfig):
    """allauth.account for its models only: without the middleware that its pages need."""

    def ready(self) -> None:
        pass
