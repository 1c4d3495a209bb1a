"""An index that is cheaper to keep: what a run says, not its hash, so that a member's lie together.

Built beside the one that is in use, which goes in 0009.
"""

from django.db import migrations

FUNCTION = """
-- Every run of one, two and three characters: their code points of 21 bits each, and zeros for what
-- is missing, under a mask of the member's. Whoever compares these finds a member's runs beside
-- each other, so that a text changes few pages of an index.
CREATE OR REPLACE FUNCTION chat_runs(member uuid, folded text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    mask bigint := uuid_hash_extended(member, 0);
    letters int[] := ARRAY(SELECT ascii(letter) FROM string_to_table(folded, NULL) AS letter);
    most int := cardinality(letters);
BEGIN
    letters := letters || '{0,0}';
    RETURN ARRAY(
        WITH three AS MATERIALIZED (
            SELECT DISTINCT letters[n]::bigint << 21 | letters[n + 1] << 21 | letters[n + 2] AS run
            FROM generate_series(1, most) AS n
        ),
        two AS MATERIALIZED (SELECT DISTINCT run >> 21 << 21 AS run FROM three),
        one AS (SELECT DISTINCT run >> 42 << 42 AS run FROM two)
        SELECT run # mask FROM three
        UNION ALL SELECT run # mask FROM two
        UNION ALL SELECT run # mask FROM one
    );
END;
$$;
"""
INDEX = """
-- A write goes to the pending list, which a search reads through: small enough for that. Without
-- one a member who says much at once waits twice as long.
CREATE INDEX CONCURRENTLY passage_runs ON chat_passage USING gin (chat_runs(member_id, folded))
    WITH (gin_pending_list_limit = 1024);
"""


class Migration(migrations.Migration):
    atomic = False  # as CREATE INDEX CONCURRENTLY needs it

    dependencies = [("chat", "0007_for_operations")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION chat_runs(uuid, text)"),
        migrations.RunSQL(
            # What is left of an attempt that failed is not used.
            ["DROP INDEX CONCURRENTLY IF EXISTS passage_runs", INDEX],
            "DROP INDEX CONCURRENTLY passage_runs",
        ),
    ]
