"""Errors that the domain raises and that one table (config/http/problems.py) maps to HTTP."""


class DomainError(Exception):
    """A rule said no. The message is a sentence that a member may read."""

    detail = "The request cannot be done."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.detail)


class FieldError(DomainError):
    """One field of the request is not acceptable; told as 400 with the field named."""

    def __init__(self, *, field: str, detail: str, code: str = "invalid") -> None:
        super().__init__(detail)
        self.field = field
        self.code = code
