"""What a stream has said of each choice, while the reply behind it may be started over."""

from collections.abc import Mapping


class Diverged(Exception):
    """The new attempt says something else than what was sent already."""


class Transcript:
    def __init__(self) -> None:
        self._attempt = 0
        self._voices: dict[int, _Voice] = {}

    def delta(self, attempt: int, index: int, text: str) -> str:
        """What of the text is to be sent now: all of it, unless an attempt catches up.

        Raises Diverged.
        """
        if attempt > self._attempt:
            self._start_over(attempt)
        return self._voice(index).hear(text)

    def whole(self, attempt: int, texts: Mapping[int, str]) -> dict[int, str]:
        """The same for all that an attempt said so far. Raises Diverged."""
        self._start_over(attempt)
        return {index: self._voice(index).hear(text) for index, text in texts.items()}

    def final(self, attempt: int, texts: Mapping[int, str]) -> dict[int, str]:
        """The same for the answer as it is stored. Raises Diverged, also if more was sent."""
        pieces = self.whole(attempt, texts)
        if any(voice.is_behind for voice in self._voices.values()):
            raise Diverged
        return pieces

    def _start_over(self, attempt: int) -> None:
        self._attempt = attempt
        for voice in self._voices.values():
            voice.start_over()

    def _voice(self, index: int) -> "_Voice":
        return self._voices.setdefault(index, _Voice())


class _Voice:
    """One choice: what was sent of it and, while an attempt catches up with that, what it said."""

    def __init__(self) -> None:
        self._sent = ""
        self._said: str | None = None

    @property
    def is_behind(self) -> bool:
        return self._said is not None and len(self._said) < len(self._sent)

    def start_over(self) -> None:
        self._said = ""

    def hear(self, text: str) -> str:
        if self._said is None:
            self._sent += text
            return text
        self._said += text
        if not (self._said.startswith(self._sent) or self._sent.startswith(self._said)):
            raise Diverged
        if self.is_behind:
            return ""
        piece = self._said[len(self._sent) :]
        self._sent, self._said = self._said, None
        return piece
