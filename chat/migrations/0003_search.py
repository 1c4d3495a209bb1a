"""Search: the texts of conversations, kept by triggers, and an index of their n-grams.

No contrib extension (pg_trgm, btree_gin) is needed: the embedded server ships none.
"""

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = """
-- Upper and lower case, and composed and decomposed letters (a Mac's Hangul), are the same. The
-- collation is PostgreSQL's own since 17, since a database made with the locale C folds ASCII only.
DO $do$
DECLARE
    collation_name text := (
        SELECT collname FROM pg_collation WHERE collname IN ('pg_c_utf8', 'und-x-icu')
        ORDER BY collname LIMIT 1
    );
BEGIN
    EXECUTE format(
        'CREATE FUNCTION chat_folded(given text) RETURNS text
         LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
         AS $$ SELECT lower(normalize(given, NFC) COLLATE %I) COLLATE "default" $$',
        coalesce(collation_name, 'default')
    );
END;
$do$;

-- Every run of one, two and three characters, hashed with the member for a salt.
CREATE FUNCTION chat_grams(member uuid, folded text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    salt bigint := uuid_hash_extended(member, 0);
    letters text[] := string_to_array(folded, NULL);
BEGIN
    RETURN (
        SELECT coalesce(array_agg(DISTINCT gram), '{}')
        FROM unnest(letters, letters[2:], letters[3:]) AS runs (a, b, c),
        LATERAL unnest(ARRAY[
            hashtextextended(a, salt),
            hashtextextended(a || b, salt),
            hashtextextended(a || b || c, salt)
        ]) AS gram
        WHERE gram IS NOT NULL
    );
END;
$$;

-- What of that a text must hold to contain the given one: its runs of three, or all of it.
CREATE FUNCTION chat_needles(member uuid, folded text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended(substr(folded, first, 3), uuid_hash_extended(member, 0)))
    FROM generate_series(1, greatest(1, char_length(folded) - 2)) AS first
$$;
"""
INDEX = """
-- Texts stand apart from their rows, so that counting matches does not read them.
ALTER TABLE chat_passage SET (toast_tuple_target = 128);
-- A write goes to the pending list, which a search reads through: small enough for that.
CREATE INDEX passage_grams ON chat_passage USING gin (chat_grams(member_id, folded))
    WITH (gin_pending_list_limit = 1024);
"""
TRIGGERS = """
CREATE FUNCTION chat_keep_passage(member uuid, conversation uuid, source uuid, given text)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO chat_passage (member_id, conversation_id, source, folded)
    VALUES (member, conversation, source, chat_folded(given))
    ON CONFLICT (source) DO UPDATE SET folded = EXCLUDED.folded
$$;

CREATE FUNCTION chat_keep_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM chat_keep_passage(NEW.member_id, NEW.id, NEW.id, NEW.title);
    RETURN NULL;
END;
$$;
CREATE TRIGGER chat_keep_new_title AFTER INSERT ON chat_conversation
    FOR EACH ROW WHEN (NEW.title <> '') EXECUTE FUNCTION chat_keep_title();
CREATE TRIGGER chat_keep_title AFTER UPDATE OF title ON chat_conversation
    FOR EACH ROW WHEN (NEW.title <> OLD.title) EXECUTE FUNCTION chat_keep_title();

CREATE FUNCTION chat_keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM chat_keep_passage(member_id, id, NEW.id, NEW.answer)
    FROM chat_conversation WHERE id = NEW.conversation_id;
    RETURN NULL;
END;
$$;
CREATE TRIGGER chat_keep_new_answer AFTER INSERT ON chat_prompt
    FOR EACH ROW WHEN (NEW.answer <> '') EXECUTE FUNCTION chat_keep_answer();
CREATE TRIGGER chat_keep_answer AFTER UPDATE OF answer ON chat_prompt
    FOR EACH ROW WHEN (NEW.answer IS NOT NULL AND NEW.answer IS DISTINCT FROM OLD.answer)
    EXECUTE FUNCTION chat_keep_answer();

CREATE FUNCTION chat_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM chat_keep_passage(member_id, conversation_id, NEW.id, NEW.content)
    FROM chat_reply WHERE id = NEW.reply_id;
    RETURN NULL;
END;
$$;
CREATE TRIGGER chat_keep_new_content AFTER INSERT ON chat_choice
    FOR EACH ROW WHEN (NEW.content <> '') EXECUTE FUNCTION chat_keep_content();
CREATE TRIGGER chat_keep_content AFTER UPDATE OF content ON chat_choice
    FOR EACH ROW WHEN (NEW.content <> OLD.content) EXECUTE FUNCTION chat_keep_content();
"""
# What was said before there was a search.
BACKFILL = """
INSERT INTO chat_passage (member_id, conversation_id, source, folded)
    SELECT member_id, id, id, chat_folded(title) FROM chat_conversation WHERE title <> ''
  UNION ALL
    SELECT c.member_id, c.id, p.id, chat_folded(p.answer)
    FROM chat_prompt p JOIN chat_conversation c ON c.id = p.conversation_id WHERE p.answer <> ''
  UNION ALL
    SELECT r.member_id, r.conversation_id, c.id, chat_folded(c.content)
    FROM chat_choice c JOIN chat_reply r ON r.id = c.reply_id WHERE c.content <> '';
"""
NO_TRIGGERS = """
DROP TRIGGER chat_keep_content ON chat_choice;
DROP TRIGGER chat_keep_new_content ON chat_choice;
DROP TRIGGER chat_keep_answer ON chat_prompt;
DROP TRIGGER chat_keep_new_answer ON chat_prompt;
DROP TRIGGER chat_keep_title ON chat_conversation;
DROP TRIGGER chat_keep_new_title ON chat_conversation;
DROP FUNCTION chat_keep_content();
DROP FUNCTION chat_keep_answer();
DROP FUNCTION chat_keep_title();
DROP FUNCTION chat_keep_passage(uuid, uuid, uuid, text);
"""
NO_FUNCTIONS = """
DROP FUNCTION chat_needles(uuid, text);
DROP FUNCTION chat_grams(uuid, text);
DROP FUNCTION chat_folded(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_reply_transitions"),
    ]
    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.UUIDField(unique=True)),
                ("folded", models.TextField()),
                ("conversation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="passages", to="chat.conversation")),
                ("member_id", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(INDEX, "DROP INDEX passage_grams;"),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
