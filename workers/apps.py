from django.apps import AppConfig


class WorkersConfig(AppConfig):
    name = "workers"

    def ready(self) -> None:
        from chat.events import reply_queued

        from . import wakeups

        reply_queued.connect(wakeups.on_reply_queued, dispatch_uid="wake-up")
