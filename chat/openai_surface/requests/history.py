"""Where in the tree of a conversation the messages of a caller stand.

A message of the user's that an answer follows is a turn. Whatever has no place in the tree, such as
a second message of the user's in a row, is kept with the next prompt and sent directly before it,
so that the model is told exactly what the caller sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chat.exchange.message_tree import Message
from chat.replies.imported_turns import ImportedTurn


@dataclass(frozen=True)
class History:
    imported: list[ImportedTurn]
    preceding: list[Message]
    message: str


def of(messages: Sequence[Message]) -> History:
    """`messages` end with one of the user's."""
    imported: list[ImportedTurn] = []
    preceding: list[Message] = []
    answered = False
    for message, following in pairwise(messages):
        if answered:
            answered = False
        elif (message["role"], following["role"]) == ("user", "assistant"):
            answered = True
            imported.append(_turn(message, following, preceding))
            preceding = []
        else:
            preceding.append(message)
    return History(imported=imported, preceding=preceding, message=messages[-1]["content"])


def _turn(message: Message, answer: Message, preceding: list[Message]) -> ImportedTurn:
    return ImportedTurn(message=message["content"], answer=answer["content"], preceding=preceding)
