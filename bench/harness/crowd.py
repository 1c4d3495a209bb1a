"""Conversations as if they had been held: rows for bench/scale.py, a few statements for any number.

Past all triggers and constraints, which would take hours; what the triggers keep is made here too.
"""

import psycopg

MEMBER_MESSAGES, CONVERSATION_MESSAGES = 100, 10
"""How many messages each of the others has, and how many are in each of their conversations."""

_TALK = (
    "CREATE TEMP TABLE talk (id uuid, member uuid, config uuid, turns int, active_at timestamptz)"
)
_MEMBERS = """
INSERT INTO accounts_member (id, email, nickname, password, is_active, is_staff, is_superuser,
    created_at)
SELECT md5('member' || n)::uuid, 'crowd-' || n || '@example.com', 'Crowd', '!', true, false, false,
    now()
FROM generate_series(%(first)s::int, %(last)s) n
"""
_TALKS = """
INSERT INTO talk
SELECT md5('talk' || m || '.' || n)::uuid, md5('member' || m)::uuid,
    md5('config' || m || '.' || n)::uuid, %(turns)s, now() - (m + n) * interval '1 minute'
FROM generate_series(%(first)s::int, %(last)s) m, generate_series(1, %(conversations)s::int) n
"""
_CONVERSATIONS = """
INSERT INTO chat_conversation (id, member_id, title, title_chosen, config_id, pinned, archived,
    active_at, created_at, updated_at)
SELECT id, member, 'What is said', false, config, false, false, active_at, active_at, active_at
FROM talk
"""
_CONFIGS = """
INSERT INTO chat_chatconfig (id, conversation_id, model, stream, system_role, created_at)
SELECT config, id, 'malgil-demo', true, 'system', active_at FROM talk
"""
_PROMPTS = """
INSERT INTO chat_prompt (id, conversation_id, kind, prompt, answer, position, parent_id, created_at)
SELECT md5(id || 'p' || turn)::uuid, id, 'message', '', 'What about number ' || turn || '?',
    turn - 1, CASE WHEN turn > 1 THEN md5(id || 'c' || turn - 1)::uuid END,
    active_at - (turns - turn) * interval '1 second'
FROM talk, generate_series(1, turns) turn
"""
_REPLIES = """
INSERT INTO chat_reply (id, member_id, conversation_id, config_id, prompt_id, status, revision,
    attempt, failures, rescues, last_seq, extra, error_retryable, refunded, created_at, started_at,
    finished_at)
SELECT md5(id || 'r' || turn)::uuid, member, id, config, md5(id || 'p' || turn)::uuid, 'completed',
    3, 1, 0, 0, 64, '{}', false, false, said_at, said_at, said_at
FROM talk, generate_series(1, turns) turn,
    LATERAL (SELECT active_at - (turns - turn) * interval '1 second' AS said_at) moment
"""
_CHOICES = """
INSERT INTO chat_choice (id, reply_id, index, role, content, finish_reason, extra)
SELECT md5(id || 'c' || turn)::uuid, md5(id || 'r' || turn)::uuid, 0, 'assistant',
    'It is as good as the others.', 'stop', '{}'
FROM talk, generate_series(1, turns) turn
"""
_SLOTS = """
INSERT INTO chat_quotaslot (member_id, day, slot, reply_id)
SELECT member, current_date - 1, row_number() OVER (PARTITION BY member),
    md5(id || 'r' || turn)::uuid
FROM talk, generate_series(1, turns) turn
"""
_PASSAGES = """
INSERT INTO chat_passage (member_id, conversation_id, source, folded)
SELECT member, id, id, chat_folded('What is said') FROM talk
UNION ALL
SELECT member, id, md5(id || 'p' || turn)::uuid, chat_folded('What about number ' || turn || '?')
FROM talk, generate_series(1, turns) turn
UNION ALL
SELECT member, id, md5(id || 'c' || turn)::uuid, chat_folded('It is as good as the others.')
FROM talk, generate_series(1, turns) turn
"""
_MESSAGES = (_PROMPTS, _REPLIES, _CHOICES, _PASSAGES)
_TABLES = (
    *("accounts_member", "chat_conversation", "chat_chatconfig", "chat_prompt", "chat_reply"),
    *("chat_choice", "chat_quotaslot", "chat_passage"),
)


def add(database: psycopg.Connection, *, before: int, messages: int) -> None:
    """Members who have said so many messages in all, where they had said `before`."""
    numbers = {
        "first": before // MEMBER_MESSAGES + 1,
        "last": messages // MEMBER_MESSAGES,
        "conversations": MEMBER_MESSAGES // CONVERSATION_MESSAGES,
        "turns": CONVERSATION_MESSAGES // 2,
    }
    database.execute(_TALK)
    database.execute("SET session_replication_role = replica")
    database.execute(_MEMBERS, numbers)
    database.execute(_TALKS, numbers)
    for statement in (_CONVERSATIONS, _CONFIGS, *_MESSAGES, _SLOTS):
        database.execute(statement)
    _settle(database)


def fill(database: psycopg.Connection, *, conversation: str, messages: int) -> None:
    """The same in a conversation that exists and is empty."""
    database.execute(_TALK)
    database.execute("SET session_replication_role = replica")
    database.execute(
        "INSERT INTO talk SELECT id, member_id, config_id, %s, now() FROM chat_conversation"
        " WHERE id = %s",
        [messages // 2, conversation],
    )
    for statement in _MESSAGES:
        database.execute(statement)
    _settle(database)


def _settle(database: psycopg.Connection) -> None:
    """As if time had passed, in which PostgreSQL tidies up."""
    database.execute("DROP TABLE talk")
    database.execute("RESET session_replication_role")
    for table in _TABLES:
        database.execute(f"VACUUM ANALYZE {table}")
    database.execute("CHECKPOINT")
