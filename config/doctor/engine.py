"""The workers, and the model that they ask."""

from collections.abc import Iterator

from django.conf import settings

from chat.conversations import available_models
from workers.model import check, health
from workers.model.check import Answer

from .findings import Finding, ok, problem, warning


def examine_workers() -> list[Finding]:
    """Needs the database, migrated."""
    state = health.current()
    if state.workers:
        said = f"{state.workers} beat. Of the model they say: {state.sentence}"
        return [ok("workers", said)]
    return [
        problem(
            "workers",
            "No worker beats: accepted requests wait. Start one: `make run`, or `celery -A config"
            " worker` as docs/operations.md has it.",
        )
    ]


def examine_model() -> list[Finding]:
    if not settings.OPENAI_API_KEY and settings.OPENAI_BASE_URL == "https://api.openai.com/v1":
        return [
            warning(
                "model",
                "Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: `make run` answers with the"
                " demo model, anything else has no model at all.",
            )
        ]
    return list(judge_model(check.ask()))


def judge_model(answer: Answer) -> Iterator[Finding]:
    if answer.why_not:
        yield problem("model", f"{settings.OPENAI_BASE_URL}: {answer.why_not}")
        return
    yield ok("model", f"{settings.OPENAI_BASE_URL} answers and takes our key.")
    wanted = settings.CHAT_DEFAULT_MODEL or (settings.CHAT_MODELS or [""])[0]
    unlisted = [name for name in settings.CHAT_MODELS if name not in answer.models]
    if not answer.models:
        yield warning("model", "It lists no models: name them in CHAT_MODELS.")
    elif wanted and wanted not in answer.models:
        yield problem(
            "model",
            f"It does not list {wanted}, which is asked when a member chooses none:"
            " correct CHAT_DEFAULT_MODEL or CHAT_MODELS.",
        )
    elif unlisted:
        yield warning("model", f"It does not list {', '.join(unlisted)} of CHAT_MODELS.")
    if not settings.CHAT_MODELS and answer.models:
        yield ok("model", f"Asked by default: {available_models.default_among(answer.models)}.")
