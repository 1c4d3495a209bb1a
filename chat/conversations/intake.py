"""The three questions that a new conversation may begin with, and their answers."""

from uuid import UUID

from django.db import transaction

from accounts.models import Member
from api.errors import DomainError
from chat.models import Conversation, Prompt, PromptKind
from chat.models.conversation import INTAKE_KINDS

from . import titles

QUESTIONS = {
    "en": {
        PromptKind.CURRENT_STATE: "Where do you stand right now?",
        PromptKind.GOAL: "What would you like to reach?",
        PromptKind.MISC: "Is there anything else that I should keep in mind?",
    },
    "ko": {
        PromptKind.CURRENT_STATE: "지금 어떤 상황에 계신가요?",
        PromptKind.GOAL: "무엇을 이루고 싶으신가요?",
        PromptKind.MISC: "그 밖에 제가 알아 두어야 할 점이 있을까요?",
    },
}


class IntakeIncomplete(DomainError):
    detail = "Answer the three questions of the intake first, or send a message."


class PromptInUse(DomainError):
    detail = "This answer was already sent to the model and cannot be changed any more."


def ask(*, conversation: Conversation, language: str) -> list[Prompt]:
    """Stores the questions, as asked, in `language` (a key of QUESTIONS)."""
    return Prompt.objects.bulk_create(
        Prompt(
            conversation=conversation,
            kind=kind,
            prompt=QUESTIONS[language][kind],
            position=position,
        )
        for position, kind in enumerate(INTAKE_KINDS)
    )


def answer(*, member: Member, conversation_id: UUID, prompt_id: UUID, text: str) -> Prompt:
    """Stores an answer. Raises Prompt.DoesNotExist, and PromptInUse once a reply was accepted."""
    with transaction.atomic():
        prompt = (
            Prompt.objects.select_for_update(of=("conversation",))
            .select_related("conversation")
            .get(
                id=prompt_id,
                conversation_id=conversation_id,
                conversation__member=member,
                conversation__deleted_at=None,
            )
        )
        if prompt.conversation.replies.exists():
            raise PromptInUse()
        prompt.answer = text
        prompt.save(update_fields=["answer"])
        if prompt.kind == PromptKind.GOAL:
            titles.name_after(prompt.conversation, text)
    return prompt


def last_prompt(conversation: Conversation) -> Prompt | None:
    """The one that a reply without a message answers; None without an intake."""
    return conversation.prompts.filter(kind__in=INTAKE_KINDS).order_by("position").last()


def require_answers(conversation: Conversation) -> None:
    """Raises IntakeIncomplete."""
    if conversation.prompts.filter(kind__in=INTAKE_KINDS, answer=None).exists():
        raise IntakeIncomplete()
