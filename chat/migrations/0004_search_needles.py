"""A search for a long text looks at a dozen of its runs instead of all."""

from django.db import migrations

FUNCTION = """
-- What a text must hold to contain the given one: all of it, or runs of three. {what}
CREATE OR REPLACE FUNCTION chat_needles(member uuid, folded text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended(substr(folded, first, 3), uuid_hash_extended(member, 0)))
    FROM generate_series(1, greatest(1, char_length(folded) - 2), {step}) AS first
$$;
"""
A_DOZEN = FUNCTION.format(
    what="Each costs a look into the\n-- index; a dozen of them tell enough.",
    step="greatest(1, (char_length(folded) - 2) / 12)",
)
ALL = FUNCTION.format(what="", step="1")


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_search")]
    operations = [migrations.RunSQL(A_DOZEN, ALL)]
