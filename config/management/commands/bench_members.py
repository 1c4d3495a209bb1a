"""Members for `bench/`: signed in, each with conversations to ask in."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.credentials.tokens import Access
from accounts.models import Member, Session
from chat.conversations import conversations

_GOOD_FOR = timedelta(hours=6)


class Command(BaseCommand):
    help = "Makes members for benchmarks, and prints a line of JSON for each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--conversations", type=int, default=1, help="of each")

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        for _ in range(count):
            with transaction.atomic():
                made = new_member(options["conversations"])
            self.stdout.write(orjson.dumps(made).decode())


def new_member(count: int) -> dict[str, Any]:
    """With so many conversations. Needs a transaction."""
    password = make_password(None)  # nobody signs in with it
    email = f"bench-{uuid4()}@example.com"
    member = Member.objects.create(email=email, nickname="Bench", password=password)
    session = Session.objects.create(member=member, user_agent="bench")
    token = Access.for_user(member)
    token["sid"] = str(session.id)
    token.set_exp(lifetime=_GOOD_FOR)
    begun = [conversations.drafted(member=member, title="", config={}) for _ in range(count)]
    for conversation in begun:
        conversations.store(conversation)
    return {
        "id": str(member.id),
        "access": str(token),
        "conversations": [str(conversation.id) for conversation in begun],
    }
