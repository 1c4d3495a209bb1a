"""Views answer only with the errors that they declare; see api/problems.py."""

from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed

from accounts.models import Member
from api import problems
from api.errors import DomainError
from config.http import problems as told

OURS = ("accounts", "chat", "config", "workers")
# What any address may answer, and no document says of each: that it has not got the method, or
# that its member was deleted while the request was on the way.
ANYWHERE = (Http404, MethodNotAllowed, Member.DoesNotExist)


class Undeclared(AssertionError):
    pass


def exception_handler(error, context):
    """In the place of `config.http.problems.exception_handler`. Raises Undeclared."""
    response = told.exception_handler(error, context)
    view, method = context["view"], context["request"].method
    if response is not None and not _is_declared(error, view, method):
        raise Undeclared(
            f"{type(view).__name__}.{method.lower()} does not declare {type(error).__name__}"
            f" ({response.data['status']} {response.data['code']}): see api/problems.py"
        ) from error
    return response


def _is_declared(error, view, method):
    if type(view).__module__.partition(".")[0] not in OURS or isinstance(error, ANYWHERE):
        return True
    method = "GET" if method == "HEAD" else method
    allowed = problems.of_every_operation(view, method) + problems.declared(view, method)
    return any(_is(error, kind) for problem in allowed for kind in problem.errors)


def _is(error, kind):
    # FieldError is any field; what is derived from it has a code of its own.
    return type(error) is kind if isinstance(error, DomainError) else isinstance(error, kind)
