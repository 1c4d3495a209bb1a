"""A stream goes on over an attempt that was started over, or says that it cannot."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.openai_surface.responses.transcript import Diverged, Transcript


def test_text_is_sent_as_it_comes():
    transcript = Transcript()

    assert [transcript.delta(1, 0, text) for text in ("Hel", "lo")] == ["Hel", "lo"]
    assert transcript.final(1, {0: "Hello"}) == {0: ""}


def test_choices_are_apart():
    transcript = Transcript()
    transcript.delta(1, 0, "Hel")

    assert transcript.delta(1, 1, "Good") == "Good"
    assert transcript.final(1, {0: "Hello", 1: "Good day"}) == {0: "lo", 1: " day"}


def test_an_attempt_that_says_the_same_goes_on_where_the_last_one_was():
    transcript = Transcript()
    transcript.delta(1, 0, "Hello")

    assert [transcript.delta(2, 0, text) for text in ("Hel", "lo w", "orld")] == ["", " w", "orld"]


def test_an_attempt_that_says_something_else_is_noticed():
    transcript = Transcript()
    transcript.delta(1, 0, "Hello")
    transcript.delta(2, 0, "He")

    with pytest.raises(Diverged):
        transcript.delta(2, 0, "y")


def test_an_attempt_that_says_something_else_at_once_is_noticed():
    transcript = Transcript()
    transcript.delta(1, 0, "Hello")

    with pytest.raises(Diverged):
        transcript.whole(2, {0: "Hallo, world"})


def test_an_attempt_that_ends_before_what_was_sent_is_noticed():
    transcript = Transcript()
    transcript.delta(1, 0, "Hello")
    transcript.delta(2, 0, "Hel")

    with pytest.raises(Diverged):
        transcript.final(2, {0: "Hel"})


def test_a_choice_that_is_missing_in_the_end_is_noticed():
    transcript = Transcript()
    transcript.delta(1, 1, "Hello")

    with pytest.raises(Diverged):
        transcript.final(2, {0: "Hello"})


def test_a_snapshot_fills_what_was_missed():
    transcript = Transcript()
    transcript.delta(1, 0, "Hel")

    assert transcript.whole(1, {0: "Hello"}) == {0: "lo"}
    assert transcript.delta(1, 0, "!") == "!"


TEXT = st.text(alphabet="ab", max_size=6)


@given(said=TEXT, again=TEXT, cuts=st.lists(st.integers(0, 6), max_size=3))
def test_whatever_happens_what_was_sent_is_the_answer_or_an_error(said, again, cuts):
    transcript, sent = Transcript(), ""
    bounds = [0, *sorted(min(cut, len(again)) for cut in cuts)]
    try:
        sent += transcript.delta(1, 0, said)
        for start, end in itertools.pairwise(bounds):
            sent += transcript.delta(2, 0, again[start:end])
        sent += transcript.final(2, {0: again})[0]
    except Diverged:
        assert not again.startswith(said)
    else:
        assert sent == again
