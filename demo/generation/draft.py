"""What will be said: the tokens of each choice, before any of them is sent."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from demo import answers
from demo.behaviour.settings import Settings
from demo.requests.request import ChatRequest

from . import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    tokens: Sequence[str]
    stamp: bool
    """Each token's place is taken by the time at which it is read."""
    finish_reason: str

    def token(self, position: int) -> str:
        return f"{time.time_ns() // 1000} " if self.stamp else self.tokens[position]

    def content(self) -> str:
        return "".join(self.token(i) for i in range(len(self.tokens)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    choices: Sequence[Choice]
    prompt_tokens: int

    @property
    def longest(self) -> int:
        return max(len(choice.tokens) for choice in self.choices)

    def tokens_until(self, step: int) -> int:
        """How many tokens all choices have together after so many steps."""
        return sum(min(step, len(choice.tokens)) for choice in self.choices)

    def usage(self) -> dict[str, int]:
        completion = self.tokens_until(self.longest)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }


def write(request: ChatRequest, settings: Settings) -> Draft:
    """The same messages and settings give the same draft."""
    return Draft(
        choices=[_choice(request, settings, index) for index in range(request.n)],
        prompt_tokens=tokens.estimate(message.text for message in request.messages),
    )


def _choice(request: ChatRequest, settings: Settings, index: int) -> Choice:
    whole = _tokens(request, settings, index)
    cut = whole[: request.max_tokens]
    return Choice(
        tokens=cut,
        stamp=settings.stamp,
        finish_reason="stop" if len(cut) == len(whole) else "length",
    )


def _tokens(request: ChatRequest, settings: Settings, index: int) -> Sequence[str]:
    if settings.tokens:
        return tokens.made_up(count=settings.tokens, choice=index)
    return tokens.split(answers.compose(request.messages, choice=index))
