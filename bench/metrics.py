"""How long /metrics takes with 1,000,000 replies stored, and with a long queue beside them."""

import argparse
import contextlib
import time
import urllib.error
import urllib.request

import psycopg

from config.embedded import paths

from .harness import processes
from .harness.figures import report, spread

_REPLIES = """
INSERT INTO chat_reply (id, member_id, conversation_id, config_id, prompt_id, status, revision,
    attempt, failures, rescues, last_seq, extra, error_retryable, refunded, created_at, finished_at,
    worker, wake_at)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    gen_random_uuid(), %(status)s::text, 1, 1, 0, 0, 64, '{}', false, false,
    now() - n * interval '1 second',
    CASE WHEN %(status)s::text = 'completed' THEN now() END,
    NULL, CASE WHEN %(status)s::text = 'queued' THEN now() + interval '1 day' END
FROM generate_series(1, %(count)s::int) n
"""


def fill(connection: psycopg.Connection, *, status: str, count: int) -> None:
    """In one statement, past all constraints between tables and all triggers."""
    connection.execute("SET session_replication_role = replica")
    connection.execute(_REPLIES, {"status": status, "count": count})
    connection.execute("SET session_replication_role = DEFAULT")
    connection.execute("VACUUM ANALYZE chat_reply")


def milliseconds(url: str, *, times: int) -> dict[str, float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            answer.read()
        taken.append((time.perf_counter() - began) * 1000)
    return spread(taken[5:])  # the first ones open connections


def visit(url: str) -> None:
    """So that there is something to tell of: a number for each route and status."""
    for path in ("", "api/schema", "api/v1/me", "api/v1/quota", "api/v1/conversations", "nothing"):
        for _ in range(20):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"{url}/{path}").close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=1_000_000)
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=100)
    asked = parser.parse_args()
    figures = {}
    with (
        processes.folder() as data_dir,
        processes.model("--port", "0") as model_url,
        processes.malgil(data_dir, model_url=model_url, WEB_PROCESSES="2") as url,
    ):
        visit(url)
        figures["no replies"] = milliseconds(url, times=asked.times)
        database = paths.database_url(data_dir)
        with psycopg.connect(database, autocommit=True) as connection:
            fill(connection, status="completed", count=asked.replies)
            figures[f"{asked.replies:,} ended"] = milliseconds(url, times=asked.times)
            fill(connection, status="queued", count=asked.queued)
            figures[f"and {asked.queued:,} queued"] = milliseconds(url, times=asked.times)
    report("metrics", {"ms": figures})


if __name__ == "__main__":
    main()
