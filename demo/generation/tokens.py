"""Texts as the tokens they are sent in, and how many there are."""

import re
from collections.abc import Iterable, Sequence
from itertools import product

# Leading whitespace belongs to a token, as in real tokenizers; Hangul syllables come in pairs.
_TOKEN = re.compile(r"\s*(?:[A-Za-z]{1,8}|[0-9]{1,3}|[가-힣]{1,2}|[^\sA-Za-z0-9가-힣]{1,2})|\s+")
_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo")
_WORDS = [f"{first}{second} " for first, second in product(_SYLLABLES, repeat=2)]
_BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4


def split(text: str) -> list[str]:
    """Joined together, the tokens are the text."""
    return _TOKEN.findall(text)


def made_up(*, count: int, choice: int) -> Sequence[str]:
    """So many words, other ones for every choice of a request."""
    start = choice % len(_WORDS)
    words = _WORDS[start:] + _WORDS[:start]
    return (words * (count // len(words) + 1))[:count]


def estimate(texts: Iterable[str]) -> int:
    """About what a tokenizer counts for messages with these texts, without reading them."""
    return sum(_TOKENS_PER_MESSAGE + -(-len(text.encode()) // _BYTES_PER_TOKEN) for text in texts)
