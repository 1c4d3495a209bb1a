"""A conversation as a file."""

from urllib.parse import unquote

import pytest
from rest_framework.test import APIClient
from support.people import make_member
from support.refusals import refused
from support.talking import INTAKE, ask, begin, complete, detail, exchange, fail, tell

from chat.conversations.export import attachment

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"


def export(api, conversation, headers=None, **query):
    return api.get(f"{PATH}/{conversation['id']}/export", query, headers=headers or {})


def markdown(api, conversation, **headers):
    answer = export(api, conversation, headers, format="md")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    return answer.content.decode()


@pytest.mark.parametrize("query", [{}, {"format": "json"}])
def test_json_is_the_whole_tree(api, query):
    conversation = begin(api)
    exchange(api, conversation, "Hello", "Hi!", "Hey!")
    exchange(api, conversation, "안녕", "그래", after=None)

    answer = export(api, conversation, **query)

    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].startswith('attachment; filename="Hello.json"')
    assert answer.json() == detail(api, conversation)


def test_markdown_is_the_latest_branch_with_its_choices(api):
    conversation = begin(api)
    tell(api, conversation, **INTAKE)
    _, picked = complete(ask(api, conversation), "Start here", "Or here")
    exchange(api, conversation, "A way not taken", "Lost")
    exchange(api, conversation, "And then?\n\nPlease.", "Go *on*", after=picked)
    fail(ask(api, conversation, message="And then?"))

    assert (
        markdown(api, conversation)
        == """\
# Learn Go

## Intake

**Where do you stand right now?**

I know nothing

**What would you like to reach?**

Learn Go

**Is there anything else that I should keep in mind?**

Be brief

## Answer 1/2

Start here

## Answer 2/2 (continued)

Or here

## You

And then?

Please.

## Answer

Go *on*

## You

And then?

## Answer

*No answer.*
"""
    )


def test_the_headings_come_in_the_members_language(api):
    conversation = begin(api, intake=False)
    exchange(api, conversation, "안녕", "그래")

    text = markdown(api, conversation, **{"Accept-Language": "ko"})

    assert text == "# 안녕\n\n## 나\n\n안녕\n\n## 답변\n\n그래\n"


def test_an_empty_conversation_has_a_title_all_the_same(api):
    conversation = begin(api)

    assert markdown(api, conversation) == "# Conversation\n"
    assert (
        'filename="conversation.md"'
        in export(api, conversation, format="md")["Content-Disposition"]
    )


@pytest.mark.parametrize("wrong", ["", "pdf", "JSON", "json ", "../md", "\x00", "x" * 10_000])
def test_another_format_is_named(api, wrong):
    refused(export(api, begin(api), format=wrong), 400, "invalid", "format")


def test_another_members_conversation_is_not_exported(client_of, api):
    conversation = begin(client_of(make_member()))

    refused(export(api, conversation), 404, "not_found")
    refused(export(APIClient(), conversation), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("title", "plain", "name"),
    [
        ("Learning Go", "Learning Go", "Learning Go"),
        ("말길 걷기", "conversation", "말길 걷기"),
        ("Café 😀", "conversation", "Café 😀"),
        ("", "conversation", "conversation"),
        ("...", "conversation", "conversation"),
        ("../../etc/passwd", "etc passwd", "etc passwd"),
        ("a\r\nX-Evil: 1", "a X-Evil 1", "a X-Evil 1"),
        ('say "hi"; filename=x', "say hi ; filename=x", "say hi ; filename=x"),
        ("a\u202egpj.exe", "a gpj.exe", "a gpj.exe"),
        ("100%41", "100 41", "100 41"),
        ("x" * 200, "x" * 80, "x" * 80),
    ],
    ids=ascii,
)
def test_the_files_name_is_the_title_without_what_is_dangerous(title, plain, name):
    header = attachment(title, "md")

    first, extended = header.split("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}.md"'
    assert unquote(extended) == f"{name}.md"
    assert header.isascii()
    assert header.isprintable()
    assert " " not in extended
