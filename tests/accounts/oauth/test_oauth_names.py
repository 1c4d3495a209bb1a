"""What a provider calls somebody becomes a nickname that can do no harm."""

import pytest
from support.oauth.travelling import member_of

from accounts.oauth.identities import nickname_of

pytestmark = pytest.mark.django_db

NAMES = {
    "Mona": "Mona",
    "  Mona   Octocat ": "Mona Octocat",
    "Mona\r\nBcc: all@example.com": "Mona Bcc: all@example.com",
    "Mona\nSet-Cookie: a=b": "Mona Set-Cookie: a=b",
    "a\x00b\x1b[31mc\x7f\x85\u2028\u2029d": "a b [31mc d",
    "x" * 51: "x" * 50,
    "가" * 300: "가" * 50,
    "x" * 49 + " y": "x" * 49,
    "\U0001f600" * 60: "\U0001f600" * 50,
    "a\ud800b": "a\ufffdb",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "": "",
    " \r\n ": "",
}


@pytest.mark.parametrize(("name", "nickname"), NAMES.items(), ids=ascii)
def test_a_name_is_brought_onto_one_line_and_cut(name, nickname):
    assert nickname_of(name) == nickname


@pytest.mark.parametrize("name", [None, 5, True, ["x"], {"x": "y"}])
def test_what_is_no_text_is_no_name(name):
    assert nickname_of(name) == ""


@pytest.mark.parametrize(("name", "nickname"), NAMES.items(), ids=ascii)
def test_whatever_the_name_somebody_gets_in(github, says, name, nickname):
    says(github={"login": "octocat", "id": 1, "name": name, "email": None})

    member = member_of(github.sign_in())

    assert member.nickname == (nickname or ("octocat" if not name else "mona"))


@pytest.mark.parametrize(
    ("profile", "nickname"),
    [
        ({"name": "Lee Minji", "preferred_username": "minji"}, "Lee Minji"),
        ({"preferred_username": "minji"}, "minji"),
        ({"given_name": "Minji", "family_name": "Lee"}, "Minji Lee"),
        ({}, "m.lee"),
        ({"name": 5, "given_name": ["x"]}, "m.lee"),
    ],
)
def test_what_there_is_of_a_name_is_taken(oidc, says, profile, nickname):
    says(userinfo={"sub": "4711", "email": "m.lee@example.com"} | profile)

    assert member_of(oidc.sign_in()).nickname == nickname


@pytest.mark.parametrize("kakao_account", [None, {}, {"profile": {}}, {"profile": None}, 5, []])
def test_an_empty_profile_is_no_failure_or_told_as_one(kakao, says, kakao_account):
    says(kakao={"id": 5, "kakao_account": kakao_account})

    returned = kakao.return_address()

    assert "code=" in returned or "error=provider_failed" in returned


def test_a_very_long_id_is_refused(oidc, says):
    says(claims={"sub": "x" * 200}, userinfo={"sub": "x" * 200})

    assert oidc.error() == "provider_failed"
