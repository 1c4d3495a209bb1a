"""What the natural answer says."""

import re

import pytest
from support.drivers.demo_driver import Demo, turns

HANGUL = re.compile("[가-힣]")
QUESTIONS = ("Where are you now?", "What is your goal?", "Anything else?")
MARKDOWN = {
    "heading": r"^## \S",
    "bold": r"\*\*\S.*?\S\*\*",
    "list": r"^(-|1\.) \S",
    "code with a language": r"^```[a-z]+$",
    "table": r"^\|---",
    "inline mathematics": r"[^$]\$[^$\n]+\$[^$]",
    "block mathematics": r"^\$\$$",
    "quotation": r"^> \S",
}


@pytest.mark.parametrize("said", ["How do I learn Rust?", "러스트는 어떻게 배우나요?"])
@pytest.mark.parametrize("choice", [0, 1, 2])
def test_an_answer_shows_all_that_a_client_can_render(demo: Demo, said: str, choice: int) -> None:
    text = demo.chat(said, n=3).json()["choices"][choice]["message"]["content"]
    missing = [name for name, part in MARKDOWN.items() if not re.search(part, text, re.MULTILINE)]
    assert missing == []
    assert said in text
    assert "OPENAI_API_KEY" in text
    assert "OPENAI_BASE_URL" in text


def test_korean_is_answered_in_korean(demo: Demo) -> None:
    assert HANGUL.search(demo.text("러스트는 어떻게 배우나요?"))
    assert not HANGUL.search(demo.text("How do I learn Rust?"))
    assert not HANGUL.search(demo.text(turns("안녕하세요", "네.", "Now in English, please")))


def test_the_answers_of_an_intake_are_taken_up(demo: Demo) -> None:
    intake = [
        QUESTIONS[0],
        "a beginner.",
        QUESTIONS[1],
        "to write a game",
        QUESTIONS[2],
        "on Linux",
    ]
    text = demo.text([*turns(*intake, first="assistant"), *turns("Where do I start?")])
    assert "You are at **a beginner**, and want **to write a game**." in text
    assert "on Linux" in text
    assert "> Where do I start?" in text


def test_an_intake_alone_is_answered(demo: Demo) -> None:
    intake = ["지금은요?", "초보입니다", "목표는요?", "게임 만들기", "더 있나요?", "없음"]
    text = demo.text(turns(*intake, first="assistant"))
    assert "지금 상황(**초보입니다**)" in text
    assert "목표(**게임 만들기**)" in text
    assert "없음" not in text


def test_an_earlier_answer_is_not_taken_for_an_intake(demo: Demo) -> None:
    text = demo.text(turns("How?", "Like *this*.", "And then?"))
    assert "Like" not in text
    assert "You are at" not in text


def test_a_welcome_of_several_lines_is_not_taken_for_an_intake(demo: Demo) -> None:
    text = demo.text(turns("Welcome!\n\nAsk me anything.", "How?", first="assistant"))
    assert "> How?" in text
    assert "You are at" not in text


def test_the_same_messages_get_the_same_answer(demo: Demo) -> None:
    assert demo.text("How?") == demo.text("How?")


@pytest.mark.parametrize("said", ["How?", "hi"])
def test_choices_differ(demo: Demo, said: str) -> None:
    choices = demo.chat(said, n=16).json()["choices"]
    assert len({choice["message"]["content"] for choice in choices}) == 16


def test_later_turns_are_put_in_other_words(demo: Demo) -> None:
    said, texts = ["How?"], []
    for _ in range(4):
        texts.append(demo.text(turns(*said)))
        said += [texts[-1], "How?"]
    assert len(set(texts)) == 4


@pytest.mark.parametrize(
    ("said", "other"), [("Hi!", "How do I learn?"), ("안녕?", "어떻게 배우죠?")]
)
def test_a_greeting_gets_a_short_answer(demo: Demo, said: str, other: str) -> None:
    assert len(demo.text(said)) < len(demo.text(other)) / 2


@pytest.mark.parametrize("said", ["", "   \n", "?", "```", "x" * 5000, "한" * 5000, "\0", "👩‍👩‍👧"])
def test_odd_questions_are_answered_too(demo: Demo, said: str) -> None:
    assert "##" in demo.text(said)
