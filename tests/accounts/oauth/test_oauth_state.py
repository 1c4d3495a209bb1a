"""The way back from a provider: only for the browser that began it, once, and in time."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from support.oauth.travelling import AUTH, Traveller, agree, query_of
from support.racing import at_once_up_to_writing

from accounts.models import OAuthCode, OAuthFlow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("says")]

LOST = "/login/return?error=state_lost"
NAVIGATION = {"Sec-Fetch-Mode": "navigate"}


def come_back(**query):
    return APIClient().get(f"{AUTH}/github/callback", query)["Location"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "x"},
        {"code": "x", "state": ""},
        {"code": "x", "state": "forged"},
        {"code": "x", "state": "x" * 5000},
        {"code": "x\r\nSet-Cookie: a=b", "state": "\x00\r\n\ud7ff"},
        {"error": "server_error"},
    ],
    ids=ascii,
)
def test_a_missing_or_forged_state_is_lost(query, asked):
    assert come_back(**query) == LOST
    assert asked() == []


def test_a_state_is_good_once(github):
    back = agree(github.leave())
    assert "code" in query_of(github.come_back(back))

    assert github.come_back(back) == LOST
    assert OAuthCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_come_back_with_it_at_once_one_gets_a_code(github):
    back = agree(github.leave())

    calls = [partial(github.come_back, back)] * 4
    returned = at_once_up_to_writing("accounts_oauthflow", calls)

    assert len([address for address in returned if "code=" in address]) == 1
    assert returned.count(LOST) == 3


@pytest.mark.parametrize("answer", [{"error": "server_error"}, {"code": ""}, {}], ids=str)
def test_a_state_is_used_up_by_any_answer(github, asked, answer):
    back = agree(github.leave())
    state = query_of(back)["state"]
    assert query_of(come_back(state=state, **answer)) == {"error": "provider_failed"}

    assert github.come_back(back) == LOST
    assert [request["path"] for request in asked()] == ["/github/login/oauth/authorize"]


def test_a_state_is_good_for_ten_minutes(github):
    back = agree(github.leave())
    OAuthFlow.objects.update(expires_at=timezone.now())

    assert github.come_back(back) == LOST


def test_who_comes_too_late_is_told_so_where_they_began(github, settings):
    settings.FRONTEND_ORIGINS = ["https://chat.example.com"]
    back = agree(github.leave(client="https://chat.example.com"))
    OAuthFlow.objects.update(expires_at=timezone.now() - timedelta(minutes=9))
    github.leave()  # cleans up

    assert github.come_back(back) == f"https://chat.example.com{LOST}"


def test_those_who_never_come_back_are_forgotten(github):
    github.leave()
    OAuthFlow.objects.update(expires_at=timezone.now() - timedelta(minutes=11))

    github.leave()

    assert OAuthFlow.objects.count() == 1


def test_a_state_belongs_to_its_provider(github, kakao):
    back = agree(github.leave()).replace("/github/", "/kakao/")

    assert kakao.come_back(back) == LOST
    assert not OAuthCode.objects.exists()


def test_the_code_of_another_way_does_not_fit(github):
    """As when an attacker puts a code of theirs into the address of somebody's way back."""
    theirs = query_of(agree(Traveller("github").leave()))["code"]
    state = query_of(github.leave())["state"]

    returned = github.come_back(
        f"http://testserver{AUTH}/github/callback?code={theirs}&state={state}"
    )

    assert query_of(returned) == {"error": "provider_failed"}


# The browser


def test_a_browser_that_began_it_ends_it(says):
    assert Traveller("github", **NAVIGATION).code()


def test_another_browser_does_not(says):
    back = agree(Traveller("github", **NAVIGATION).leave())

    assert Traveller("github", **NAVIGATION).come_back(back) == LOST
    assert not OAuthCode.objects.exists()


def test_a_browser_that_began_another_one_does_not(says):
    back = agree(Traveller("github", **NAVIGATION).leave())
    victim = Traveller("github", **NAVIGATION)
    victim.leave()

    assert victim.come_back(back) == LOST


def test_two_tabs_of_a_browser_do_not_disturb_each_other(says):
    browser = Traveller("github", **NAVIGATION)
    ways = [agree(browser.leave()) for _ in range(2)]

    assert ["code" in query_of(browser.come_back(way)) for way in ways] == [True, True]


def test_a_program_without_cookies_gets_through(says):
    program = Traveller("github")
    back = agree(program.leave())
    program.browser.cookies.clear()

    assert "code" in query_of(program.come_back(back))


@pytest.mark.parametrize("secure", [False, True])
def test_the_cookie_is_for_us_alone(github, secure):
    answer = github.browser.get(
        f"{AUTH}/github/start", {"challenge": "a" * 43}, secure=secure, headers={}
    )

    cookie = answer.cookies["malgil_oauth"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == AUTH
    assert bool(cookie["secure"]) == secure
    assert int(cookie["max-age"]) == 600


@pytest.mark.parametrize("planted", ["", "short", "a" * 44, "x" * 5000, 'a"; path=/'])
def test_a_cookie_that_is_not_ours_is_replaced(github, planted):
    github.browser.cookies["malgil_oauth"] = planted

    given = github.start().cookies["malgil_oauth"].value

    assert given != planted
    assert len(given) == 43
