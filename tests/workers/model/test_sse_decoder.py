"""Events out of bytes, however the bytes come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.model.sse import Decoder

LINE_END = st.sampled_from([b"\n", b"\r\n"])
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)


def decoded(parts):
    decoder = Decoder()
    return [event for part in parts for event in decoder.feed(part)]


@st.composite
def streams(draw):
    """A stream's bytes and the data of its events."""
    body, events = b"", []
    for _ in range(draw(st.integers(0, 5))):
        end = draw(LINE_END)
        lines = [line.encode() for line in draw(st.lists(TEXT, min_size=1, max_size=3))]
        for line in lines:
            if draw(st.booleans()):
                body += draw(st.sampled_from([b": keep-alive", b"event: x", b"id: 7", b":"])) + end
            space = b" " if line.startswith(b" ") or draw(st.booleans()) else b""
            body += b"data:" + space + line + end
        body += end * draw(st.integers(1, 2))
        events.append(b"\n".join(lines))
    return body, events


@given(stream=streams(), data=st.data())
def test_any_split_of_the_bytes_gives_the_same_events(stream, data):
    body, events = stream
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    assert decoded(parts) == events


@given(stream=streams())
def test_byte_by_byte_is_no_different(stream):
    body, events = stream

    assert decoded([bytes([byte]) for byte in body]) == events


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\r\n\r\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data:\n\n", [b""]),
        (b": comment\n\n\n", []),
        (b"event: x\n\n", []),
        (b"data: a\n", []),
        (b"data: [DONE]", []),
        (b"database: a\n\n", []),
    ],
)
def test_what_counts_as_an_event(body, events):
    assert decoded([body]) == events
