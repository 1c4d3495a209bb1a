"""Without indexes that nobody asks, or that another one begins like.

`chat_grams`, which one of them was made of, goes a release later.
"""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

GRAMS = """
CREATE INDEX CONCURRENTLY passage_grams ON chat_passage USING gin (chat_grams(member_id, folded))
    WITH (gin_pending_list_limit = 1024);
"""


def without_index(table: str, column: str, index: str, field: models.ForeignKey):
    """As AlterField does it, which would lock the table."""
    model = table.removeprefix("chat_")
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f"CREATE INDEX CONCURRENTLY {index} ON {table} ({column})",
            )
        ],
        state_operations=[migrations.AlterField(model, column.removesuffix("_id"), field)],
    )


class Migration(migrations.Migration):
    atomic = False  # as CONCURRENTLY needs it

    dependencies = [("chat", "0009_search_by_runs")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS passage_grams", GRAMS),
        AddIndexConcurrently(
            "reply",
            models.Index(
                condition=models.Q(("context_start__isnull", False)),
                fields=["context_start"],
                name="reply_cut_context",
            ),
        ),
        without_index(
            "chat_reply",
            "context_start_id",
            "chat_reply_context_start_id_e6354fd2",
            models.ForeignKey(
                "chat.prompt",
                models.SET_NULL,
                null=True,
                related_name="+",
                db_index=False,
                help_text="The oldest turn that still fitted; null when none was left out.",
            ),
        ),
        without_index(
            "chat_reply",
            "conversation_id",
            "chat_reply_conversation_id_b4a3a6f1",
            models.ForeignKey(
                "chat.conversation", models.CASCADE, related_name="replies", db_index=False
            ),
        ),
        without_index(
            "chat_choice",
            "reply_id",
            "chat_choice_reply_id_24be487b",
            models.ForeignKey("chat.reply", models.CASCADE, related_name="choices", db_index=False),
        ),
        without_index(
            "chat_prompt",
            "conversation_id",
            "chat_prompt_conversation_id_b404b8f2",
            models.ForeignKey(
                "chat.conversation", models.CASCADE, related_name="prompts", db_index=False
            ),
        ),
        without_index(
            "chat_quotaslot",
            "member_id",
            "chat_quotaslot_member_id_c6a3419a",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                models.CASCADE,
                related_name="quota_slots",
                db_index=False,
            ),
        ),
    ]
