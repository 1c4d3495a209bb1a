"""Puts the chunks of a stream together into the `chat.completion` that they add up to."""

from typing import Any

from api.text import storable

from .failures import UNREADABLE, ModelFailure

JSON = dict[str, Any]
TextDelta = tuple[int, str]  # (choice index, text)
MAX_CHOICES = 128  # what OpenAI allows; more is no answer to anything that we ask


class ChunkAccumulator:
    """Keeps what came: text is joined, lists are extended, of other fields the last value counts.

    A field that came only as null stays null; one that never came is not made up.
    """

    def __init__(self) -> None:
        self._top: JSON = {}
        self._last: JSON = {}  # of the last chunk what is no choice
        self._choices: dict[int, _Choice] = {}

    def add(self, chunk: Any) -> list[TextDelta]:
        """The text that the chunk brings, by choice; the chunk is used up.

        Raises ModelFailure for what is no chunk.
        """
        try:
            choices = chunk.pop("choices", None) or ()
            if chunk != self._last:  # they differ in few chunks of a stream
                self._last = chunk
                for name, value in chunk.items():
                    if value is not None or name not in self._top:
                        self._top[name] = value
            return [delta for choice in choices for delta in self._take(choice)]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelFailure(UNREADABLE, reason=f"chunk: {type(error).__name__}") from error

    def completion(self, choices: int) -> JSON:
        """Raises ModelFailure unless each of the choices came to its end."""
        ended = [choice for choice in self._choices.values() if choice.finish_reason]
        if len(ended) < max(choices, 1) or len(ended) < len(self._choices):
            raise ModelFailure(UNREADABLE, reason="the stream ended early")
        whole = dict(self._top)
        if whole.get("object") == "chat.completion.chunk":
            whole["object"] = "chat.completion"
        whole["choices"] = [self._choices[index].whole(index) for index in sorted(self._choices)]
        return whole

    def _take(self, choice: JSON) -> list[TextDelta]:
        index = _index(choice)
        known = self._choices.get(index)
        if known is None:
            known = self._choices[index] = _Choice()
        text = known.add(choice)
        return [(index, text)] if text else []


def deltas_of_completion(completion: JSON, choices: int) -> list[TextDelta]:
    """The text of an answer that came in one piece. Raises ModelFailure if it is none."""
    try:
        deltas = [_delta(choice) for choice in completion["choices"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFailure(UNREADABLE, reason=f"answer: {type(error).__name__}") from error
    if len({index for index, _ in deltas}) < max(choices, len(deltas)):
        raise ModelFailure(UNREADABLE, reason="choices are missing or doubled")
    return [delta for delta in deltas if delta[1]]


def _delta(choice: JSON) -> TextDelta:
    if not choice["finish_reason"]:
        raise ValueError("finish_reason")
    return _index(choice), storable(choice["message"].get("content") or "")


def _index(choice: JSON) -> int:
    index = choice["index"]
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < MAX_CHOICES:
        raise ValueError("index")
    return index


class _Choice:
    def __init__(self) -> None:
        self._content: list[str] | None = None
        self._message: JSON = {}
        self._rest: JSON = {}

    @property
    def finish_reason(self) -> str | None:
        return self._rest.get("finish_reason")

    def add(self, choice: JSON) -> str:
        delta = choice.get("delta") or {}
        for name, value in choice.items():
            if name not in ("index", "delta") and (value is not None or name not in self._rest):
                _merge(self._rest, name, value, joins=False)
        for name, value in delta.items():
            if name != "content" or value is None:
                _merge(self._message, name, value, joins=True)
        text = delta.get("content")
        if text is None:
            return ""
        text = storable(text)
        self._content = self._content or []
        self._content.append(text)
        return text

    def whole(self, index: int) -> JSON:
        message = dict(self._message)
        if self._content is not None:
            message["content"] = "".join(self._content)
        return {"index": index, "message": message, **self._rest}


# Text of a message that names something and so comes whole, if it is repeated.
_WHOLE = ("role", "id", "type")


def _merge(into: JSON, name: str, value: Any, *, joins: bool) -> None:
    known = into.get(name)
    if isinstance(known, dict) and isinstance(value, dict):
        into[name] = _merged(known, value, joins=joins)
    elif isinstance(value, list) and (known is None or isinstance(known, list)):
        into[name] = _extended(known or [], value, joins=joins)
    elif joins and name not in _WHOLE and isinstance(known, str) and isinstance(value, str):
        into[name] = known + value
    elif value is not None or name not in into:
        into[name] = value


def _merged(known: JSON, parts: JSON, *, joins: bool) -> JSON:
    whole = dict(known)
    for name, part in parts.items():
        _merge(whole, name, part, joins=joins)
    return whole


def _extended(known: list[Any], parts: list[Any], *, joins: bool) -> list[Any]:
    """Elements that carry an `index`, as tool calls do, are merged into the one that has it."""
    whole = list(known)
    for part in parts:
        place = _place(whole, part) if joins else None
        if place is None:
            whole.append(part)
        else:
            whole[place] = _merged(whole[place], part, joins=joins)
    return whole


def _place(elements: list[Any], part: Any) -> int | None:
    if not isinstance(part, dict) or "index" not in part:
        return None
    places = range(len(elements))
    return next(
        (
            place
            for place in places
            if isinstance(elements[place], dict) and elements[place].get("index") == part["index"]
        ),
        None,
    )
