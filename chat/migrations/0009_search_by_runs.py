"""A search asks the index of runs, and forgets the one of hashes."""

from django.db import migrations

CODES = """
-- What of `chat_runs` a text must hold to contain the given one: all of it, or runs of three. Each
-- costs a look into the index; a dozen of them tell enough.
CREATE OR REPLACE FUNCTION chat_needles(member uuid, folded text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg((
        ascii(substr(folded, n, 1))::bigint << 21
        | ascii(substr(folded, n + 1, 1)) << 21 | ascii(substr(folded, n + 2, 1))
    ) # uuid_hash_extended(member, 0))
    FROM generate_series(
        1, greatest(1, char_length(folded) - 2), greatest(1, (char_length(folded) - 2) / 12)
    ) AS n
$$;
"""
HASHES = """
-- What a text must hold to contain the given one: all of it, or runs of three. Each costs a look
-- into the index; a dozen of them tell enough.
CREATE OR REPLACE FUNCTION chat_needles(member uuid, folded text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended(substr(folded, first, 3), uuid_hash_extended(member, 0)))
    FROM generate_series(
        1, greatest(1, char_length(folded) - 2), greatest(1, (char_length(folded) - 2) / 12)
    ) AS first
$$;
"""
MATCHES = """
-- The conversations of a member with a text, or null when more than `most` passages may hold it:
-- then it is so common that reading the list from its top finds a page of it sooner.
--
-- The settings leave the planner the GIN index only. Any other way would compute the n-grams of
-- each passage anew, which takes minutes and which its estimates take for cheap.
CREATE OR REPLACE FUNCTION chat_conversations_with(member uuid, given text, most int) RETURNS uuid[]
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET enable_indexscan = off
SET enable_indexonlyscan = off
SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    wanted text := chat_folded(given);
    needles bigint[] := chat_needles(member, wanted);
    candidates int;
    found uuid[];
BEGIN
    SELECT count(*), coalesce(array_agg(DISTINCT conversation_id) FILTER (WHERE holds), '{}')
    INTO candidates, found
    FROM (
        SELECT conversation_id, strpos(folded, wanted) > 0 AS holds
        FROM chat_passage WHERE chat_runs(member_id, folded) @> needles
        LIMIT most + 1
    ) AS with_all_runs;
    RETURN CASE WHEN candidates <= most THEN found END;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_search_runs")]
    operations = [
        migrations.RunSQL(CODES + MATCHES, HASHES + MATCHES.replace("chat_runs", "chat_grams"))
    ]
