"""The OpenAPI schema: what every operation has in common is said here once."""

import inspect
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from accounts.credentials.authentication import SessionToChange
from chat.openai_surface import errors as openai_errors
from chat.openai_surface import openapi_schema


class FieldProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="A sentence, for people.")
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAwareSchema(AutoSchema):
    """Adds the problems that an operation can end in to its responses."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        for status, description in sorted(self._problems().items()):
            responses.setdefault(status, self._problem(status) | {"description": description})
        return responses

    def _get_request_body(self, direction: Literal["request", "response"] = "request") -> Any:
        # The generator gives a DELETE no body; the one of the account needs the password in it.
        if not self._deletes_with_a_body():
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"

    def _deletes_with_a_body(self) -> bool:
        return self.method == "DELETE" and self.path.endswith("/me")

    def _problems(self) -> dict[str, str]:
        if openai_errors.are_spoken_at(self.path):
            return self._openai_errors()
        if not self.path.startswith("/api/"):
            return {}  # probes
        problems = {"400": "Bad request", "503": "The database is away, or the queue is full"}
        if self.view.authentication_classes:
            problems["401"] = "No token, or none that counts"
        if self.path.endswith(("/login", "/refresh")):
            problems["401"] = "Not the right password, or a token that does not count any more"
        if not self.view.authentication_classes and "/auth/" in self.path:
            problems["429"] = "Too many attempts; `Retry-After` says when to come again"
            problems["503"] = "The database, or what counts attempts, is away"
        if self.path.endswith("/login"):
            problems["403"] = "The address has to be confirmed first"
        if self.path.endswith(("/me/password", "/me/email")) or self._deletes_with_a_body():
            problems["429"] = "Too many wrong passwords; `Retry-After` says when to come again"
        if self.path.endswith("/auth/exchange"):
            problems["401"] = "The code does not count, or not with this verifier"
            problems["403"] = "The account was deactivated, or its e-mail has to be confirmed first"
            problems["409"] = "An e-mail is missing, or is another member's"
        if SessionToChange in self.view.permission_classes and self.method != "GET":
            problems["403"] = "An API key cannot do that"
        if self.path.endswith(("/me/keys", "/me/webhooks")) and self.method == "POST":
            problems["409"] = "There are as many as there may be"
        if "{" in self.path:
            problems["404"] = "Not there, or not yours"
        if self.method in ("POST", "PATCH", "PUT") or self._deletes_with_a_body():
            problems |= {"413": "Over 1 MB", "415": "Not JSON"}
        if self.path.endswith(("/replies", "/regenerate")):
            problems |= {
                "409": "A reply is open, or the intake incomplete",
                "422": "The Idempotency-Key was used for something else",
                "429": "The daily limit is reached",
            }
        if self.path.endswith("/prompts/{prompt_id}"):
            problems["409"] = "A reply used the answer"
        return problems

    def _openai_errors(self) -> dict[str, str]:
        found = {"401": "No key or token, or none that counts", "503": "Try again in a moment"}
        if self.path.endswith(("/completions", "/responses")):
            return found | {
                "400": "Wrong or not supported; `param` says what",
                "404": "A model that is not offered",
                "409": "The previous response is open, or the reply was cancelled",
                "413": "Over 1 MB",
                "415": "Not JSON",
                "422": "The Idempotency-Key was used for something else",
                "429": "The daily limit is reached, or the model's own",
                "502": "The model failed",
            }
        return found | {"404": "Not there, or not yours"} if "{" in self.path else found

    def _problem(self, status: str) -> dict[str, Any]:
        openai = openai_errors.are_spoken_at(self.path)
        shape = openapi_schema.Error if openai else ProblemSerializer
        types = [openai_errors.CONTENT_TYPE if openai else "application/problem+json"]
        made: dict[str, Any] = self._get_response_for_code(  # type: ignore[no-untyped-call]
            shape, status, types
        )
        return made

    def get_tags(self) -> list[str]:
        if openai_errors.are_spoken_at(self.path):
            return ["openai"]
        name: str = self.path.removeprefix("/api/v1").strip("/").split("/")[0]
        return [name]

    def get_summary(self) -> str:
        return self._said()[0]

    # The stubs take DRF's schema for the base class.
    def get_description(self) -> str:  # type: ignore[override]
        return self._said()[1]

    def _said(self) -> tuple[str, str]:
        """The first line of the method's own docstring, and the rest.

        A docstring of the class, which a base class may have written, is about the code.
        """
        method = getattr(self.view, self.method.lower())
        summary, _, description = inspect.cleandoc(method.__doc__ or "").partition("\n")
        return summary, description.strip()
