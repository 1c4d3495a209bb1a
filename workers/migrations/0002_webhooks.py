"""Webhooks, and the trigger that notes each reply's end for them in the transaction that ends it.

A reply that is inserted ended was not answered here, and is told nobody.
"""

import api.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Cascades in the database, since a reply may end while its webhook is being deleted.
KEYS = """
ALTER TABLE workers_delivery
    ADD CONSTRAINT a_delivery_ends_with_its_webhook
        FOREIGN KEY (webhook_id) REFERENCES workers_webhook ON DELETE CASCADE,
    ADD CONSTRAINT a_delivery_ends_with_its_reply
        FOREIGN KEY (reply_id) REFERENCES chat_reply ON DELETE CASCADE;
"""
NO_KEYS = """
ALTER TABLE workers_delivery
    DROP CONSTRAINT a_delivery_ends_with_its_webhook,
    DROP CONSTRAINT a_delivery_ends_with_its_reply;
"""
TRIGGER = """
CREATE FUNCTION workers_note_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A webhook that somebody is about to delete is passed over: a reply's end waits for nobody,
    -- and whatever happens to a webhook must not undo it.
    INSERT INTO workers_delivery (webhook_id, reply_id, attempts, due_at)
        SELECT id, NEW.id, 0, clock_timestamp() FROM workers_webhook
        WHERE member_id = NEW.member_id AND disabled_at IS NULL
        FOR KEY SHARE SKIP LOCKED
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
CREATE TRIGGER workers_note_delivery AFTER UPDATE OF status ON chat_reply
    FOR EACH ROW
    WHEN (NEW.status IN ('completed', 'failed', 'cancelled') AND NEW.status <> OLD.status)
    EXECUTE FUNCTION workers_note_delivery();
"""
NO_TRIGGER = """
DROP TRIGGER workers_note_delivery ON chat_reply;
DROP FUNCTION workers_note_delivery();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0002_reply_transitions'),
        ('workers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=api.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=2000)),
                ('secret', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('disabled_at', models.DateTimeField(null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField()),
                ('due_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('reply', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='chat.reply')),
                ('webhook', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='workers.webhook')),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='delivery_due')],
                'constraints': [models.UniqueConstraint(fields=('webhook', 'reply'), name='one_delivery_of_a_reply_per_webhook')],
            },
        ),
        migrations.RunSQL(KEYS, NO_KEYS),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
    ]
