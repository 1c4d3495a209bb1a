from .conversation import ChatConfig, Conversation, Prompt, PromptKind, SystemRole
from .offer import OfferedModel
from .passage import Passage
from .quota import QuotaSlot
from .reply import Choice, Reply

__all__ = [
    "ChatConfig",
    "Choice",
    "Conversation",
    "OfferedModel",
    "Passage",
    "Prompt",
    "PromptKind",
    "QuotaSlot",
    "Reply",
    "SystemRole",
]
