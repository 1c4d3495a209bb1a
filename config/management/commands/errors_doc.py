"""`manage.py errors_doc`: the codes that programs may rely on, made from the code."""

from rest_framework import exceptions

from accounts.links import LinkInvalid
from accounts.members import EmailTaken, PasswordWrong
from api.parsers import BodyTooLarge
from chat.outcomes import Failure
from chat.replies import lifecycle
from config.http import problems
from config.management.generated import GeneratedDocument, table
from workers.model import failures

# What `workers.model.failures.Kind` says of the model's failures: when, and whether the slot goes
# back.
_OF_THE_ENGINE = {
    "cancelled": ("The member cancelled the reply.", "if no text had come"),
    "crash_loop": ("More than RESCUES_MAX workers died while they ran it.", "yes"),
}
# Codes that no table of config/http/problems.py holds: status, code, when.
_OF_THE_FRAMEWORK = [
    (400, "invalid", "Fields are missing, unknown or wrong; `errors` names them."),
    (400, EmailTaken().code, "A member with this e-mail exists; `errors` names the field."),
    (400, PasswordWrong(field="").code, "The password asked for again is not right."),
    (400, LinkInvalid().code, "The link of a mail was used, is too old, or is not one of ours."),
    (400, exceptions.ParseError.default_code, "The body is not JSON."),
    (400, "bad_request", "The request cannot be understood."),
    (401, exceptions.NotAuthenticated.default_code, "A token is needed."),
    (401, "session_ended", "The session was ended: by signing out, or as its token was reused."),
    (403, exceptions.PermissionDenied.default_code, "This token may not do that."),
    (404, exceptions.NotFound.default_code, "There is nothing here, or it is not yours."),
    (405, exceptions.MethodNotAllowed.default_code, "The address does not know this method."),
    (413, BodyTooLarge.default_code, "The body is larger than 1 MB."),
    (415, exceptions.UnsupportedMediaType.default_code, "The body is not `application/json`."),
    (500, "internal_error", "A fault of ours; it was logged."),
    (503, "database_unavailable", "The database cannot be reached; see `Retry-After`."),
]

_DOCUMENT = """\
# Codes

Made from the code by `python manage.py errors_doc`; a test fails when it is stale. Codes are
stable; sentences may change. What the model provider says is never passed on to a member.

## Why a reply has no answer

`error` of a reply is `{{code, detail, retryable, refunded}}`. *Tried again by itself*: the engine
makes further attempts before it gives up with this code. *Worth asking again*: `retryable`, the
member may regenerate. *Slot given back*: `refunded`, the request does not count to the daily limit.

{failures}

### When it is tried again

- Only here, never in the HTTP client: an attempt that fails puts the reply back to `queued` with
  `retry_at`. The attempts are counted in `attempt`.
- 4 attempts (MODEL_ATTEMPTS) may fail by the model's fault, and none starts later than
  600 seconds (MODEL_DEADLINE_SECONDS) after the accept.
- The pause begins at 1 second (MODEL_BACKOFF_SECONDS), doubles with each failure up to a minute,
  and is drawn from its upper half, so that replies that failed together do not return together. A
  longer `Retry-After` in seconds is honoured; where it leads past the end, the reply fails at once.
- A model that is silent for 30 seconds (MODEL_STALL_SECONDS) has failed, and so has a stream that
  ends before every choice has its finish_reason.
- A refusal of `max_tokens` or `stream_options` is no failure: the request is spelled another way.
- A worker that dies is no failure either: another one makes the next attempt, after at most
  10 rescues (RESCUES_MAX) the reply ends with `crash_loop`.

## Why a request is refused

Every error is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) document,
`application/problem+json`: `{{type, title, status, code, detail}}`, and for bad input `errors:
[{{field, detail}}]` with nested fields joined by dots.

{problems}
"""


class Command(GeneratedDocument):
    help = "Writes docs/errors.md, the codes of failed replies and refused requests."
    path = "docs/errors.md"

    def document(self) -> str:
        return _DOCUMENT.format(failures=_failures(), problems=_problems())


def _failures() -> str:
    head = ("code", "when", "tried again by itself", "worth asking again", "slot given back")
    # A failure always gives the slot back, see `replies.fail`.
    of_the_model = [
        (f"`{kind.code}`", kind.when, _yes(kind.auto_retry), _yes(kind.retryable), "yes")
        for kind in failures.KINDS
    ]
    return table(head, of_the_model + [_of_the_engine(failure) for failure in _engine_failures()])


def _engine_failures() -> list[Failure]:
    return [value for value in vars(lifecycle).values() if isinstance(value, Failure)]


def _of_the_engine(failure: Failure) -> tuple[str, ...]:
    when, slot = _OF_THE_ENGINE[failure.code]
    return f"`{failure.code}`", when, "no", _yes(failure.retryable), slot


def _problems() -> str:
    ours = [
        (status, code, error.detail) for error, (status, code) in problems.DOMAIN_ERRORS.items()
    ]
    rows = sorted([*_OF_THE_FRAMEWORK, *ours], key=lambda row: row[0])
    return table(
        ("status", "code", "when"),
        [(str(status), f"`{code}`", when) for status, code, when in rows],
    )


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"
