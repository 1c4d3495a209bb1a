"""A stream of OpenAI's `chat.completion.chunk`."""

from api.renderers import to_json
from chat.models import Reply
from chat.openai_surface.errors import Unanswered
from chat.openai_surface.requests.fields import JSON
from chat.states import ReplyStatus

from . import completions

DONE = b"data: [DONE]\n\n"


class ChunkTeller:
    """A streaming.Teller. With `usage` each chunk has that field, null but in the last."""

    def __init__(self, reply: Reply, *, usage: bool) -> None:
        self._usage = usage
        heading = completions.heading(reply, "chat.completion.chunk")
        self._heading = heading | {"model": reply.config.model}
        self._begun: set[int] = set()

    def begin(self) -> bytes:
        """Nothing, so that a reply which fails before its first word is told by a status."""
        return b""

    def run(self) -> bytes:
        return b""

    def text(self, pieces: dict[int, str]) -> bytes:
        return b"".join(self._piece(index, text) for index, text in pieces.items() if text)

    def end(self, reply: Reply, pieces: dict[int, str]) -> bytes:
        if reply.status != ReplyStatus.COMPLETED:
            raise Unanswered.of(reply)
        said = [self._piece(index, text) for index, text in pieces.items()]
        ends = [self._chunk(c.index, {}, c.finish_reason) for c in reply.choices.all()]
        last = [self._last(reply)] if self._usage else []
        return b"".join([*said, *ends, *last, DONE])

    def fail(self, error: Unanswered) -> bytes:
        return _event(error.body)

    def _piece(self, index: int, text: str) -> bytes:
        """With the role where it is the first of its choice, which it is also without text."""
        role = b""
        if index not in self._begun:
            self._begun.add(index)
            role = self._chunk(index, {"role": "assistant", "content": ""})
        return role + self._chunk(index, {"content": text}) if text else role

    def _chunk(self, index: int, delta: JSON, finish_reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self._usage else {}
        return _event({**self._heading, "choices": [choice], **usage})

    def _last(self, reply: Reply) -> bytes:
        return _event({**self._heading, "choices": [], "usage": completions.usage(reply)})


def _event(body: JSON) -> bytes:
    return b"data: %b\n\n" % to_json(body)
