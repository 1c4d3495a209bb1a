from typing import Any

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "workers"

    def ready(self) -> None:
        from accounts import members
        from chat.events.publisher import reply_queued

        from .engine import wakeups

        reply_queued.connect(wakeups.on_reply_queued, dispatch_uid="wake-up")
        members.reclaimed.connect(_forget_webhooks, dispatch_uid="webhooks")


def _forget_webhooks(sender: object, member: Any, **kwargs: object) -> None:
    from .models import Webhook

    Webhook.objects.filter(member=member).delete()
