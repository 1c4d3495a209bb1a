"""The stream of a reply, from a follower that the test feeds."""

from contextlib import asynccontextmanager

import pytest
from support.openai_surface.followed_frames import NOW, Ended, row

from accounts.credentials.credential import Credential
from accounts.models import Member, Session
from chat.openai_surface.responses import streaming


@pytest.fixture
def feed(monkeypatch):
    """The lines of the stream of a teller that hears what it is fed."""

    async def run(teller, *fed):
        async def frames():
            for one in fed:
                yield one.frame if isinstance(one, Ended) else one

        @asynccontextmanager
        async def follow(**_):
            yield frames()

        monkeypatch.setattr(streaming.reply_follower, "follow", follow)
        monkeypatch.setattr(streaming.queries, "get_reply", lambda **_: fed[-1].row)
        credential = Credential(source=Session(member=Member()), until=NOW)
        body = await streaming.begun(credential=credential, reply=row(), teller=teller)
        text = b"".join([part async for part in body]).decode()
        return [block for block in text.split("\n\n") if block]

    return run
