"""A stream of OpenAI's response events: `response.created`, its texts, `response.completed`."""

from api.renderers import to_json
from chat.models import Choice, Reply
from chat.openai_surface import ids
from chat.openai_surface.errors import Unanswered
from chat.openai_surface.requests.fields import JSON
from chat.states import ReplyStatus

from . import responses

_PART = {"content_index": 0}
# What a response does not have before its end.
_NOT_YET: JSON = {
    "completed_at": None,
    "error": None,
    "incomplete_details": None,
    "output": [],
    "usage": None,
}


class EventTeller:
    """A streaming.Teller. `reply` with its choices loaded, as for `responses.rendered`."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._opening = responses.rendered(reply) | _NOT_YET
        self._number = -1
        self._runs = False
        self._begun: set[int] = set()

    def begin(self) -> bytes:
        return self._lifecycle("created", self._opening | {"status": "queued"})

    def run(self) -> bytes:
        """Once: that an attempt is another one is nothing which OpenAI has a word for."""
        if self._runs:
            return b""
        self._runs = True
        return self._lifecycle("in_progress", self._opening | {"status": "in_progress"})

    def text(self, pieces: dict[int, str]) -> bytes:
        return b"".join(self._piece(index, text) for index, text in pieces.items() if text)

    def end(self, reply: Reply, pieces: dict[int, str]) -> bytes:
        """Of one that failed or was stopped, too: the response says so itself."""
        said = [self._piece(index, text) for index, text in pieces.items()]
        done = [self._done(choice) for choice in reply.choices.all()]
        response = responses.rendered(reply)
        status = response["status"]
        # OpenAI has no event for one that was stopped.
        kind = "incomplete" if status == ReplyStatus.CANCELLED else status
        return b"".join([*said, *done, self._lifecycle(kind, response)])

    def fail(self, error: Unanswered) -> bytes:
        """In both forms that OpenAI's clients know: the flat one, and `error` as elsewhere."""
        told = error.body["error"]
        flat = {name: told[name] for name in ("code", "message", "param")}
        return self._event("error", {**flat, **error.body})

    def _piece(self, index: int, text: str) -> bytes:
        opening = self._item(index)
        if not text:
            return opening
        delta = {"delta": text, "logprobs": []}
        return opening + self._event("response.output_text.delta", self._at(index) | _PART | delta)

    def _item(self, index: int) -> bytes:
        """That there is a message; once for each choice."""
        if index in self._begun:
            return b""
        self._begun.add(index)
        item = responses.message(self._reply, index, status="in_progress", content=[])
        added = {"output_index": index, "item": item}
        part = self._at(index) | _PART | {"part": responses.text_part("")}
        return self._event("response.output_item.added", added) + self._event(
            "response.content_part.added", part
        )

    def _done(self, choice: Choice) -> bytes:
        place = self._at(choice.index) | _PART
        part = responses.text_part(choice.content)
        item = {"output_index": choice.index, "item": responses.message_of(choice)}
        text = {"text": choice.content, "logprobs": []}
        return b"".join(
            [
                self._item(choice.index),
                self._event("response.output_text.done", place | text),
                self._event("response.content_part.done", place | {"part": part}),
                self._event("response.output_item.done", item),
            ]
        )

    def _at(self, index: int) -> JSON:
        return {"output_index": index, "item_id": ids.message_id(self._reply, index)}

    def _lifecycle(self, kind: str, response: JSON) -> bytes:
        return self._event(f"response.{kind}", {"response": response})

    def _event(self, kind: str, body: JSON) -> bytes:
        self._number += 1
        data = to_json({"type": kind, "sequence_number": self._number, **body})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
