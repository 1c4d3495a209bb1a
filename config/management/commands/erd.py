"""`manage.py erd`: the entity-relationship diagram, made from the models."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Field, ForeignKey, Model

from config.management.generated import GeneratedDocument

APPS = ("accounts", "chat", "workers")

_INTRODUCTION = """\
# The data

Made from the models by `python manage.py erd`; a test fails when it is stale.

A conversation is a tree: prompt → replies → choices → prompts → …. Several replies to one prompt
are regenerations, several prompts on one choice are branches. Three prompts of a conversation may
be its intake: the question as the bot asked it, and the member's answer.

The first sketch of this diagram used other names:

| there | here |
| --- | --- |
| Member | `Member` |
| ChatBot | `Conversation` |
| Prompt; CurrentState, Goal, Misc | `Prompt`; its kinds `current_state`, `goal`, `misc` |
| ChatBotConfig | `ChatConfig` |
| ChatBotReply | `Reply` |
| Choice | `Choice` |
"""
_RULES = """\
## Rules that the database holds

Beside these constraints a trigger allows only the moves of `Reply.status` that `chat/states.py`
lists, and lets no attempt fall. Other triggers keep `Passage` (what search looks into) in step with
titles, answers and choices. One more writes a `Delivery` for each of the member's webhooks in the
transaction that ends a reply.
"""
_TYPES = {
    "UUIDField": "uuid",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "PositiveIntegerField": "int",
    "PositiveSmallIntegerField": "smallint",
    "FloatField": "float",
    "BooleanField": "bool",
    "DateTimeField": "timestamptz",
    "DateField": "date",
    "JSONField": "jsonb",
}


class Command(GeneratedDocument):
    help = "Writes docs/erd.md, the entity-relationship diagram, from the models."
    path = "docs/erd.md"

    def document(self) -> str:
        models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
        diagram = "\n".join(
            [
                "```mermaid",
                "erDiagram",
                *(line for model in models for line in _entity(model)),
                *(line for model in models for line in _relations(model)),
                "```",
            ]
        )
        rules = "\n".join(line for model in models for line in _rules(model))
        return f"{_INTRODUCTION}\n{diagram}\n\n{_RULES}\n{rules}\n"


def _entity(model: type[Model]) -> Iterator[str]:
    yield f"    {model.__name__} {{"
    for field in sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key):
        keys = ", ".join(_keys(field))
        null = '"null"' if field.null else ""
        yield f"        {' '.join(filter(None, [_type(field), field.column, keys, null]))}"
    yield "    }"


def _type(field: "Field[object, object]") -> str:
    while isinstance(field, ForeignKey):
        field = field.target_field
    return _TYPES.get(field.get_internal_type(), "text")


def _keys(field: "Field[object, object]") -> Iterator[str]:
    if field.primary_key:
        yield "PK"
    elif isinstance(field, ForeignKey):
        yield "FK"
    elif field.unique:
        yield "UK"


def _relations(model: type[Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            one = "|o" if field.null else "||"
            parent = field.related_model.__name__
            yield f"    {parent} {one}--o{{ {model.__name__} : {field.name}"


def _rules(model: type[Model]) -> Iterator[str]:
    for constraint in model._meta.constraints:
        yield f"- `{model.__name__}`: {constraint.name.replace('_', ' ')}"
