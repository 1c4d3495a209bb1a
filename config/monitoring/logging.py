"""Structured logs: one event per line, `reply.completed reply=… attempt=1 seconds=2.1`.

No secret and no prompt gets into one. What we log names ids and codes; of what others log the
values are taken out: an exception is told by its class and its place, since what it says may quote
a row, a body or a header.
"""

import logging.config
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import orjson
import structlog

_OURS = ("accounts", "api", "chat", "config", "demo", "workers")
# They speak of names in the code, never of values.
_HARMLESS = (AttributeError, ImportError, NameError)
_MOST_CAUSES = 5
Fields = MutableMapping[str, Any]


def logging_config(*, form: str, level: str) -> dict[str, Any]:
    """`form` is lines or json; `level` counts for our own code, for other people's at least info,
    for below that they tell everything."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "first_line": {"()": _FirstLine},
            "no_sockets": {"()": _NoSockets},
            "crashes": {"()": _Crashes},
        },
        "formatters": {
            "ours": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _tell_exception,
                    *_RENDERERS[form],
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": "INFO" if level == "debug" else level.upper()},
        "loggers": {name: {"level": level.upper()} for name in _OURS} | _OTHERS,
    }


def configure_logging(config: dict[str, Any]) -> None:
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Python itself would print what an exception says, and what could not be formatted.
    threading.excepthook = _tell_thread
    logging.raiseExceptions = False


def _tell_thread(broken: threading.ExceptHookArgs) -> None:
    if broken.exc_value is not None:
        logging.getLogger(__name__).critical("thread.broke", exc_info=broken.exc_value)


class _FirstLine(logging.Filter):
    """Asyncio adds the repr of a task and of its exception, Celery the message that it cannot read,
    to which it may refer in the first line, too."""

    def filter(self, record: logging.LogRecord) -> bool:
        template = str(record.msg).partition("\n")[0]
        whole = template if "message" in template else record.getMessage()
        record.msg, record.args = whole.partition("\n")[0], None
        return True


class _Crashes(logging.Filter):
    """Of failed requests and tasks only the exception; the path or the arguments may be secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = f"{record.name}.crashed", None
        return bool(record.exc_info)


class _NoSockets(logging.Filter):
    """Uvicorn tells of sockets by their address; our own lines tell whose they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = str(record.msg)
        return "WebSocket" not in said and not said.startswith("connection ")


def _tell_exception(logger: Any, name: str, fields: Fields) -> Fields:
    """`error`, `at` and `trace` in place of `exc_info`: classes and places, without values."""
    error = _exception(fields.pop("exc_info", None))
    # Some loggers have formatted it before.
    fields.pop("exception", None)
    fields.pop("stack_info", None)
    if error is not None:
        fields.setdefault("error", _named(error))
        fields["trace"] = " < ".join(_places(error))
    return fields


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if given is True:
        return sys.exc_info()[1]
    found = given[1] if isinstance(given, tuple) else None
    return found if isinstance(found, BaseException) else None


def _named(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, _HARMLESS):
        return f"{name}: {error}"
    sqlstate = getattr(error.__cause__ or error, "sqlstate", None)
    return f"{name} (SQLSTATE {sqlstate})" if sqlstate else name


def _places(error: BaseException) -> list[str]:
    """From where it was raised outwards; then its causes, the nearest first."""
    places: list[str] = []
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            break
        if cause is not error:
            places.append(f"caused by {_named(cause)}")
        places += _frames(cause.__traceback__)
        cause = cause.__cause__ or cause.__context__
    return places


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames)]


def _json(fields: Fields, **_: Any) -> str:
    return orjson.dumps(fields, default=str).decode()


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_RENDERERS: dict[str, list[Any]] = {
    "lines": [
        structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        )
    ],
    "json": [structlog.processors.JSONRenderer(serializer=_json)],
}
_OTHERS: dict[str, Any] = {
    # How a request ended is told by config.http.access_log.
    "django.request": {"level": "ERROR", "filters": ["crashes"]},
    "django.security": {"level": "ERROR"},
    "httpx": {"level": "WARNING"},
    "httpx2": {"level": "WARNING"},
    "openai": {"level": "WARNING"},
    "asyncio": {"filters": ["first_line"]},
    "celery.worker.consumer.consumer": {"filters": ["first_line"]},
    "celery.worker.strategy": {"level": "WARNING"},
    "celery.app.trace": {"level": "WARNING", "filters": ["crashes"]},
    # Uvicorn has set these up for itself by now.
    "uvicorn": {"handlers": [], "propagate": True, "level": "INFO"},
    "uvicorn.error": {"handlers": [], "propagate": True, "filters": ["no_sockets"]},
    "uvicorn.access": {"handlers": [], "propagate": False},
}
