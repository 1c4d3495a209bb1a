"""How a server wants its requests spelled."""

import pytest

from workers import spelling


@pytest.fixture(autouse=True)
def _nothing_learnt():
    spelling._learnt.clear()
    yield
    spelling._learnt.clear()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-4o", {}),
        ("llama3", {}),
        ("gpt-5-mini", {"max_tokens": "max_completion_tokens"}),
        ("openai/o3", {"max_tokens": "max_completion_tokens"}),
    ],
)
def test_the_name_of_a_model_tells_how_it_calls_the_bound(model, expected):
    assert spelling.avoiding((), model=model) == expected


def test_a_refused_name_gives_way_to_the_other():
    assert spelling.avoiding({"max_tokens"}, model="m") == {"max_tokens": "max_completion_tokens"}
    assert spelling.avoiding({"max_completion_tokens"}, model="gpt-5") == {}


def test_where_both_names_are_refused_there_is_none_left():
    assert spelling.avoiding({"max_tokens", "max_completion_tokens"}, model="m") is None


def test_what_an_answer_does_not_need_is_left_out():
    assert spelling.avoiding({"stream_options"}, model="m") == {"without": ["stream_options"]}


def test_what_was_learnt_of_a_model_holds_for_that_model():
    spelling.learn("m", {"stream_options"})

    assert spelling.refused_by("m") == {"stream_options"}
    assert spelling.refused_by("other") == frozenset()
