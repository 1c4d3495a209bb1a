"""Which parameters of OpenAI's requests there are here.

Those of the model are in chat/model_parameters.py; those that say how to answer are added here.
Those that are not supported may be sent with the values beside them, which ask for nothing: what
OpenAI's default is, or emptiness. A test compares the names with those that the official client
knows, so that a new one is decided on and not refused as unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chat.model_parameters import PARAMETERS

Neutral = Mapping[str, Sequence[Any]]

_TEXT = {"type": "text"}
_OF_BOTH: Neutral = {
    "moderation": (),
    "parallel_tool_calls": (True,),
    "prompt_cache_key": (),
    "prompt_cache_options": ({},),
    "prompt_cache_retention": (),
    "safety_identifier": (),
    "service_tier": ("auto", "default"),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "top_p": (1,),
    "user": (),
}
COMPLETION = (
    *(name for parameter in PARAMETERS for name in parameter.completion_names),
    "messages",
    "stream_options",
)
NOT_OF_COMPLETIONS: Neutral = {
    **_OF_BOTH,
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": ("none",),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "prediction": (),
    "presence_penalty": (0,),
    "reasoning_effort": (),
    "response_format": (_TEXT,),
    "seed": (),
    "stop": ([],),
    "store": (False,),
    "verbosity": ("medium",),
    "web_search_options": (),
}
RESPONSE = (
    *(name for parameter in PARAMETERS for name in parameter.response_names),
    "background",
    "input",
    "metadata",
    "previous_response_id",
    "stream",
    "truncation",
)
NOT_OF_RESPONSES: Neutral = {
    **_OF_BOTH,
    "access_programs": ({},),
    "background_options": ({},),
    "context_management": ([],),
    "conversation": (),
    "image": ({},),
    "include": ([],),
    "max_tool_calls": (),
    "prompt": (),
    "reasoning": ({}, {"effort": None}, {"effort": None, "summary": None}),
    "store": (True,),
    "stream_options": ({}, {"include_obfuscation": False}),
    "text": ({}, {"format": _TEXT}, {"format": _TEXT, "verbosity": "medium"}),
}
