"""The bytes of OpenAI's objects: the completion, its chunks and their events.

A stream's chunks differ in few bytes, so each is put together from ready-made pieces: this is the
hot path of a benchmark.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from demo.generation.draft import Draft

FINGERPRINT = "fp_malgil_demo"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What all objects of one answer share."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def fields(self, kind: str) -> dict[str, object]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
        }


def completion(heading: Heading, draft: Draft, *, usage: bool, finish: bool) -> bytes:
    """The answer to a request without `stream`."""
    whole = heading.fields("chat.completion")
    whole["choices"] = [
        {
            "index": index,
            "message": {"role": "assistant", "content": choice.content(), "refusal": None},
            "logprobs": None,
            "finish_reason": choice.finish_reason if finish else None,
        }
        for index, choice in enumerate(draft.choices)
    ]
    if usage:
        whole["usage"] = draft.usage()
    return orjson.dumps(whole)


@dataclass(frozen=True, slots=True)
class Chunks:
    """The events of one stream. With `usage` every chunk has that field, null but in the last."""

    heading: Heading
    draft: Draft
    usage: bool

    def roles(self) -> bytes:
        """The first chunk of each choice."""
        delta = b'{"role":"assistant","content":""}'
        return b"".join(
            self._before(index) + delta + self._after() for index in range(len(self.draft.choices))
        )

    def steps(self) -> Iterator[bytes]:
        """One token of each choice at a time. Reading a step stamps it: read it when it is due."""
        choices = [
            (choice, len(choice.tokens), self._before(index) + b'{"content":')
            for index, choice in enumerate(self.draft.choices)
        ]
        after = b"}" + self._after()
        dumps = orjson.dumps
        for step in range(self.draft.longest):
            yield b"".join(
                [
                    before + dumps(choice.token(step)) + after
                    for choice, length, before in choices
                    if step < length
                ]
            )

    def finishes(self) -> bytes:
        """The last chunk of each choice."""
        return b"".join(
            self._before(index) + b"{}" + self._after(choice.finish_reason)
            for index, choice in enumerate(self.draft.choices)
        )

    def usage_chunk(self) -> bytes:
        chunk = self.heading.fields("chat.completion.chunk")
        return event(orjson.dumps({**chunk, "choices": [], "usage": self.draft.usage()}))

    def _before(self, index: int) -> bytes:
        fields = orjson.dumps(self.heading.fields("chat.completion.chunk"))
        return b'data: %b,"choices":[{"index":%d,"delta":' % (fields[:-1], index)

    def _after(self, finish_reason: str | None = None) -> bytes:
        usage = b',"usage":null' if self.usage else b""
        reason = orjson.dumps(finish_reason)
        return b',"logprobs":null,"finish_reason":%b}]%b}\n\n' % (reason, usage)


def event(data: bytes) -> bytes:
    return b"data: %b\n\n" % data
