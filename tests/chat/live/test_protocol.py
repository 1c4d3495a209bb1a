"""What a client may send."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.live import protocol
from chat.live.protocol import Authenticate, BadMessage, Ping, Resync

REPLY = uuid4()


def test_what_a_client_may_say():
    assert protocol.parse('{"type":"ping"}') == Ping()
    assert protocol.parse(f'{{"type":"resync","reply":"{REPLY}"}}') == Resync(REPLY)
    assert protocol.parse('{"access":"a.b.c","type":"authenticate"}') == Authenticate("a.b.c")


@pytest.mark.parametrize(
    "frame",
    [
        None,
        "",
        "ping",
        "[]",
        "null",
        '"ping"',
        "{}",
        '{"type":"pong"}',
        '{"type":["ping"]}',
        '{"type":"ping","more":1}',
        '{"type":"resync"}',
        '{"type":"resync","reply":"7"}',
        '{"type":"resync","reply":7}',
        '{"type":"authenticate"}',
        '{"type":"authenticate","access":null}',
        "[" * 9000,
        '{"type":"authenticate","access":"' + "x" * 16_384 + '"}',
    ],
)
def test_anything_else_is_a_bad_message(frame):
    with pytest.raises(BadMessage):
        protocol.parse(frame)


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(str))
def test_no_text_is_more_than_a_bad_message(text):
    with pytest.raises(BadMessage):
        protocol.parse(text)


def test_the_ticket_is_found_among_the_offered_protocols():
    assert protocol.ticket_among(["malgil.v1", "ticket.abc", "ticket.def"]) == "abc"
    assert protocol.ticket_among(["malgil.v1"]) is None
