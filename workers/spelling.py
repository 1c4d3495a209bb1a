"""How a model server wants its requests spelled: known from the name, or learnt from a refusal."""

from chat.exchange import Spelling

# OpenAI's reasoning models know only the newer name.
_NEWER = ("o1", "o3", "o4", "gpt-5")
_OTHER_NAME = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
_DISPENSABLE = ("stream_options",)

_learnt: dict[str, Spelling] = {}


def for_model(model: str) -> Spelling:
    if model in _learnt:
        return _learnt[model]
    name = model.rsplit("/", 1)[-1]
    return {"max_tokens": "max_completion_tokens"} if name.startswith(_NEWER) else {}


def learn(model: str, refused: str, tried: Spelling) -> Spelling | None:
    """Another spelling without the refused field; None when there is none to try."""
    without = tried.get("without", [])
    if refused in _DISPENSABLE and refused not in without:
        learnt: Spelling = {**tried, "without": [*without, refused]}
    elif refused in _OTHER_NAME and "max_tokens_refused" not in without:
        learnt = {
            **tried,
            "max_tokens": _OTHER_NAME[refused],
            "without": [*without, "max_tokens_refused"],
        }
    else:
        return None
    _learnt[model] = learnt
    return learnt


def can_learn(parameter: str) -> bool:
    return parameter in _DISPENSABLE or parameter in _OTHER_NAME
