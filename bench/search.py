"""How long a search takes among 100,000 messages, and what keeping the index costs a write."""

import argparse
import os
import random
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .harness import processes
from .harness.figures import report, spread

_KOREAN = [
    *(
        "오늘은",
        "내일은",
        "저는",
        "우리는",
        "학교에서",
        "회사에서",
        "배추를",
        "데이터베이스",
        "색인을",
    ),
    *("배우고", "만들고", "싶습니다", "어떻게", "하면", "좋을까요", "천천히", "날마다", "말길을"),
]


def vocabulary(count: int) -> list[str]:
    """Words of syllables, so that their runs of letters are as common as in a language."""
    consonants, vowels = "bcdfghjklmnprstvw", "aeiou"
    made = random.Random(1)
    return [
        "".join(made.choice(consonants) + made.choice(vowels) for _ in range(made.randint(1, 4)))
        for _ in range(count)
    ] + _KOREAN


def fill(messages: int, words: list[str]) -> Any:
    """One member with all of them, ten a conversation; half of them are a model's, five times as
    long."""
    from django.db import connection, transaction

    from accounts.models import Member
    from api.ids import uuid7
    from chat.models import ChatConfig, Choice, Conversation, Prompt, Reply

    made = random.Random(2)

    def text(length: int) -> str:
        return " ".join(made.choices(words, weights=weights, k=length))

    weights = [1 / (rank + 10) for rank in range(len(words))]
    member = Member.objects.create(email="bench@example.com", nickname="Bench", password="!")
    for _ in range(messages // 1000):
        rows: dict[type, list[Any]] = {
            kind: [] for kind in (Conversation, ChatConfig, Prompt, Reply, Choice)
        }
        for _ in range(100):
            conversation = Conversation(id=uuid7(), member=member, title=text(4))
            config = ChatConfig(conversation=conversation, model="m")
            conversation.config = config
            rows[Conversation].append(conversation)
            rows[ChatConfig].append(config)
            for position in range(5):
                prompt = Prompt(
                    conversation=conversation, kind="message", answer=text(20), position=position
                )
                reply = Reply(
                    member=member,
                    conversation=conversation,
                    config=config,
                    prompt=prompt,
                    status="completed",
                    finished_at=conversation.created_at,
                )
                rows[Prompt].append(prompt)
                rows[Reply].append(reply)
                rows[Choice].append(Choice(reply=reply, index=0, content=text(100)))
        with transaction.atomic():
            for kind, listed in rows.items():
                kind.objects.bulk_create(listed)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return member


def milliseconds(call: Callable[[], Any], *, times: int = 15) -> dict[str, float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return spread(taken)


def searches(member: Any, words: list[str]) -> dict[str, Any]:
    from chat.resources import queries
    from chat.rest import conversation_views

    order = [f"-{name}" for name in conversation_views.LIST_ORDER.fields]

    def page(text: str) -> list[Any]:
        found = queries.summaries(member=member, archived=False, text=text)
        return list(found.order_by(*order)[:31])

    rare, common = words[-len(_KOREAN) - 1], max(words[:20], key=len)
    asked = {
        "one letter": "a",
        "two letters": words[0][:2],
        "common word": common,
        "two words": f"{words[0]} {words[1]}",
        "rare word": rare,
        "no such text": "xyzzy",
        "runs, but no such text": words[400][:4] + words[500][:4] + words[600][:4],
        "one syllable": "말",
        "two syllables": "배추",
        "Korean words": "데이터베이스 색인을",
        "percent": "%",
        "200 characters": " ".join(words)[:200],
    }
    return {
        name: {"text": text[:40], "found": len(page(text)), "ms": milliseconds(partial(page, text))}
        for name, text in asked.items()
    }


def write_costs(member: Any, words: list[str]) -> dict[str, Any]:
    """One answer stored, with the index and without."""
    from django.db import connection, transaction

    from chat.models import Choice, Reply

    reply = Reply.objects.filter(member=member)[0]
    text = " ".join(random.Random(3).choices(words, k=350))
    numbers = iter(range(1, 10_000))

    def store() -> None:
        with transaction.atomic():
            Choice.objects.create(reply=reply, index=next(numbers), content=text)

    with_index = milliseconds(store, times=200)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_choice DISABLE TRIGGER chat_keep_new_content")
    without = milliseconds(store, times=200)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chat_choice ENABLE TRIGGER chat_keep_new_content")
    return {"characters": len(text), "indexed_ms": with_index, "not_indexed_ms": without}


def sizes() -> dict[str, float]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size('passage_runs'), pg_total_relation_size('chat_passage'),"
            " pg_total_relation_size('chat_choice') + pg_total_relation_size('chat_prompt')"
        )
        names = ("index_mb", "passages_with_index_mb", "messages_mb")
        return {
            name: round(size / 2**20, 1)
            for name, size in zip(names, cursor.fetchone(), strict=True)
        }


def run(data_dir: Path, messages: int) -> dict[str, Any]:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": secrets.token_hex(32),
    }
    from config.embedded.postgres import EmbeddedPostgres

    with EmbeddedPostgres(data_dir, durable=False):
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        words = vocabulary(5000)
        began = time.monotonic()
        member = fill(messages, words)
        filled = round(time.monotonic() - began, 1)
        try:
            return {
                "messages": messages,
                "filled_seconds": filled,
                "searches": searches(member, words),
                "write": write_costs(member, words),
                "sizes": sizes(),
            }
        finally:
            connection.close_pool()  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    asked = parser.parse_args()
    with processes.folder() as folder:
        report("search", run(folder, asked.messages))


if __name__ == "__main__":
    main()
