"""Looking into the index by itself, where no estimate can lead the planner past it."""

from django.db import migrations

FORWARD = """
-- The conversations of a member with a text, or null when more than `most` passages may hold it:
-- then it is so common that reading the list from its top finds a page of it sooner.
--
-- The settings leave the planner the GIN index only. Any other way would compute the n-grams of
-- each passage anew, which takes minutes and which its estimates take for cheap.
CREATE FUNCTION chat_conversations_with(member uuid, given text, most int) RETURNS uuid[]
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
        FROM chat_passage WHERE chat_grams(member_id, folded) @> needles
        LIMIT most + 1
    ) AS with_all_runs;
    RETURN CASE WHEN candidates <= most THEN found END;
END;
$$;
"""
BACKWARD = "DROP FUNCTION chat_conversations_with(uuid, text, int);"


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_search_needles")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
