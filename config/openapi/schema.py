"""The OpenAPI schema: what every operation has in common is said here once."""

import inspect
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from api import problems
from chat.openai_surface import errors as openai_errors
from chat.openai_surface import openapi_schema
from config.http.problems import status_of


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
    """Adds the problems that an operation declares (api/problems.py) to its responses."""

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
        return self.method == "DELETE" and problems.BODY[0] in problems.declared(
            self.view, self.method
        )

    def _problems(self) -> dict[str, str]:
        """By status; where two declare the same one, the nearer to the handler describes it."""
        found = problems.declared(self.view, self.method)
        if self.path.startswith("/api/"):
            found = problems.of_every_operation(self.view, self.method) + found
        return {str(status_of(problem)): problem.description for problem in found}

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
