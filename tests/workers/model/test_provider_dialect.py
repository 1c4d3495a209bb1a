"""How a server wants its requests spelled."""

import pytest

from workers.model import provider_dialect


@pytest.fixture(autouse=True)
def _nothing_learnt():
    provider_dialect._learnt.clear()
    yield
    provider_dialect._learnt.clear()


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
    assert provider_dialect.avoiding((), model=model) == expected


def test_a_refused_name_gives_way_to_the_other():
    assert provider_dialect.avoiding({"max_tokens"}, model="m") == {
        "max_tokens": "max_completion_tokens"
    }
    assert provider_dialect.avoiding({"max_completion_tokens"}, model="gpt-5") == {}


def test_where_both_names_are_refused_there_is_none_left():
    assert provider_dialect.avoiding({"max_tokens", "max_completion_tokens"}, model="m") is None


def test_what_an_answer_does_not_need_is_left_out():
    assert provider_dialect.avoiding({"stream_options"}, model="m") == {
        "without": ["stream_options"]
    }


def test_what_was_learnt_of_a_model_holds_for_that_model():
    provider_dialect.learn("m", {"stream_options"})

    assert provider_dialect.refused_by("m") == {"stream_options"}
    assert provider_dialect.refused_by("other") == frozenset()
