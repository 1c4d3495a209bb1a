"""Signing in to the admin, guarded like the API's login."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from accounts.members import CredentialsInvalid
from accounts.throttling import limits
from accounts.throttling.limits import ThrottlesUnavailable, TooManyAttempts


class LoginForm(AdminAuthenticationForm):
    """`retry_after`: seconds, when there were too many attempts or they cannot be counted."""

    retry_after: int | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return self._guarded()
        except (TooManyAttempts, ThrottlesUnavailable) as error:
            self.retry_after = error.retry_after
            raise ValidationError(str(error), code="throttled") from error

    def _guarded(self) -> dict[str, Any]:
        refusal: ValidationError | None = None
        assert self.request is not None
        try:
            with limits.password_attempt(self.request, email=self.cleaned_data.get("username", "")):
                try:
                    return super().clean()
                except ValidationError as error:
                    refusal = error
                    raise CredentialsInvalid() from error
        except CredentialsInvalid:
            assert refusal is not None
            raise refusal from None
