"""What a model can be asked with: one line for each parameter, from which all else is derived.

A new parameter is a line here and a column of the same name in `ChatConfig`, with its migration.
From the line come the field of `config` in requests (chat/rest/requests.py) and in resources
(chat/resources/render.py, chat/rest/schema.py), its bounds in `GET models`, its names in `/v1`
(chat/openai_surface/requests) and its name in the request to the model server
(chat/exchange/wire_format.py). A test compares the lines with the columns.
"""

from dataclasses import dataclass
from enum import Enum

from django.conf import settings


class Kind(Enum):
    """The JSON type of a parameter's values."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"


@dataclass(frozen=True)
class Setting:
    """A bound that the environment sets."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One thing that a model can be asked with.

    `name` is that of the column and of the field of `config`. A `nullable` one that is null is not
    sent. `least` and `most` bound a number and include it; `most` of a text is its length in
    characters. `wire_name` is the field of the request to the model server; None where it is told
    as a message. `completion_names` and `response_names` are its names in `/v1/chat/completions`
    and `/v1/responses`, the newest first; without one it is not taken there. One that is not
    `in_api` is no field of `config` in the API, and one that is not `shared` is left out of
    conversations that whoever has the link may read.
    """

    name: str
    kind: Kind
    wire_name: str | None
    nullable: bool = True
    least: int | None = None
    most: int | Setting | None = None
    completion_names: tuple[str, ...] = ()
    response_names: tuple[str, ...] = ()
    in_api: bool = True
    shared: bool = True

    @property
    def highest(self) -> int | None:
        """`most` as a number; the setting as it is now."""
        if isinstance(self.most, Setting):
            value: int = getattr(settings, self.most.name)
            return value
        return self.most

    @property
    def is_bounded_number(self) -> bool:
        return self.kind in (Kind.NUMBER, Kind.INTEGER) and self.most is not None


PARAMETERS = (
    Parameter(
        name="model",
        kind=Kind.TEXT,
        wire_name="model",
        nullable=False,
        most=200,
        completion_names=("model",),
        response_names=("model",),
    ),
    Parameter(
        name="temperature",
        kind=Kind.NUMBER,
        wire_name="temperature",
        least=0,
        most=2,
        completion_names=("temperature",),
        response_names=("temperature",),
    ),
    # A response is always streamed, whatever its caller waits for: so one that is stopped keeps its
    # text, and can be watched.
    Parameter(
        name="stream",
        kind=Kind.FLAG,
        wire_name="stream",
        nullable=False,
        completion_names=("stream",),
    ),
    # A server may want another name: `Reply.extra["spelling"]` tells which.
    Parameter(
        name="max_tokens",
        kind=Kind.INTEGER,
        wire_name="max_tokens",
        least=1,
        most=Setting("CHAT_MAX_TOKENS"),
        completion_names=("max_completion_tokens", "max_tokens"),
        response_names=("max_output_tokens",),
    ),
    Parameter(
        name="n",
        kind=Kind.INTEGER,
        wire_name="n",
        least=1,
        most=4,
        completion_names=("n",),
    ),
    # What a member tells the model in confidence is not part of the talk. Completions have it as
    # their first message.
    Parameter(
        name="system",
        kind=Kind.TEXT,
        wire_name=None,
        most=Setting("CHAT_MESSAGE_MAX_CHARS"),
        response_names=("instructions",),
        shared=False,
    ),
    Parameter(
        name="system_role",
        kind=Kind.TEXT,
        wire_name=None,
        nullable=False,
        in_api=False,
        shared=False,
    ),
)

NAMES = tuple(parameter.name for parameter in PARAMETERS)
IN_API = tuple(parameter for parameter in PARAMETERS if parameter.in_api)
IN_API_NAMES = tuple(parameter.name for parameter in IN_API)
SHARED_NAMES = tuple(parameter.name for parameter in IN_API if parameter.shared)
SENT = tuple(parameter for parameter in PARAMETERS if parameter.wire_name is not None)
BOUNDED = tuple(parameter for parameter in IN_API if parameter.is_bounded_number)
