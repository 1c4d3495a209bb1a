"""The life of a reply, held by the database too: see chat/states.py for the table."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION chat_reply_may_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('completed', 'failed', 'cancelled') THEN
        RAISE EXCEPTION 'reply % is % and final', OLD.id, OLD.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_terminal_reply_is_final';
    END IF;
    IF NEW.attempt < OLD.attempt OR NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'reply % cannot go back to an earlier attempt', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_attempt_never_falls';
    END IF;
    IF NEW.status <> OLD.status
       AND NOT (OLD.status = 'queued' AND NEW.status IN ('in_progress', 'cancelled', 'failed'))
       AND NOT (OLD.status = 'in_progress'
                AND NEW.status IN ('queued', 'completed', 'failed', 'cancelled')) THEN
        RAISE EXCEPTION 'reply % cannot go from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_reply_moves_as_allowed';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER chat_reply_may_change BEFORE UPDATE ON chat_reply
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION chat_reply_may_change();
"""
BACKWARD = """
DROP TRIGGER chat_reply_may_change ON chat_reply;
DROP FUNCTION chat_reply_may_change();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
