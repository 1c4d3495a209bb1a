"""What the admin asks: who may read texts, and which replies ended when. Locks nothing for long."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as CREATE INDEX CONCURRENTLY needs it

    dependencies = [("chat", "0006_openai_surface")]

    operations = [
        migrations.AlterModelOptions(
            name="conversation",
            options={"permissions": [("view_texts", "Can read what members and models wrote")]},
        ),
        migrations.AlterModelOptions(name="reply", options={"verbose_name_plural": "replies"}),
        AddIndexConcurrently(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("status__in", ("completed", "failed", "cancelled"))),
                fields=["finished_at"],
                name="reply_ended",
            ),
        ),
        AddIndexConcurrently(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("status__in", ("failed", "cancelled"))),
                fields=["status", "finished_at"],
                name="reply_unanswered",
            ),
        ),
    ]
