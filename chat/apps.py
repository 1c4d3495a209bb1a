from typing import Any

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import members

        members.leaving.connect(_stop_replies)
        members.reclaimed.connect(_unshare)


def _stop_replies(sender: object, member: Any, **kwargs: object) -> None:
    from .replies import cancellation

    cancellation.stop_all_of(member)


def _unshare(sender: object, member: Any, **kwargs: object) -> None:
    from .conversations import sharing

    sharing.unshare_all_of(member)
