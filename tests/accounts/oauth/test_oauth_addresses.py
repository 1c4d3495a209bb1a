"""Where it leads to: pages of the client, and no others."""

import pytest
from support.refusals import refused

pytestmark = pytest.mark.django_db

OURS = "https://chat.example.com"


@pytest.fixture(autouse=True)
def _one_frontend(settings):
    settings.FRONTEND_ORIGINS = [OURS, "http://localhost:5173"]


@pytest.mark.parametrize(
    "next",
    [
        "/",
        "/settings",
        "/c/01a2",
        "/c/01a2?x=1&y=a,b;c#end",
        "/shared/a-._~b",
        "/c/%EC%95%88",
        "/c/1?q=%EC%95%88%20b",
        "/?x=//a",
        "/c/1?x[]=1|2",
        "/c/",
    ],
)
def test_a_path_of_the_client_is_kept(github, next):
    assert github.sign_in(next=next).json()["next"] == next


EVIL = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "//evil.example/login",
    "//user@evil.example",
    "evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    " /settings",
    "/settings ",
    " //evil.example",
    "\t//evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: https://evil.example",
    "/\x00/evil.example",
    "/x\x7f",
    "/\x85/evil.example",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "%2F%2Fevil.example",
    "/%5Cevil.example",
    "/%5c/evil.example",
    "/%09/evil.example",
    "/%0d%0aSet-Cookie:a=b",
    "/%00",
    "/%252Fevil.example",
    "/%25252Fevil.example",
    "/%2525252525252Fevil.example",
    "/%255Cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/x/..//evil.example",
    "/%2e%2e//evil.example",
    "/./evil",
    "/../api",
    "/c//evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "/a<script>",
    '/a"b',
    "/`",
    "/안녕",
    "/\u2028",
    "/\uff0fevil.example",
    "/\u3002evil",
    "x" * 3000,
    "/" + "x" * 3000,
]


@pytest.mark.parametrize("next", EVIL, ids=lambda next: ascii(next)[:40])
def test_any_other_address_is_refused_before_anybody_leaves(github, next):
    problem = refused(github.start(next=next), 400, "invalid", "next")

    assert len(str(problem)) < 500


# The client


def test_who_begins_here_comes_back_here(github):
    assert github.return_address().startswith("/login/return?code=")


@pytest.mark.parametrize(
    ("client", "page"),
    [
        (OURS, f"{OURS}/login/return"),
        (f"{OURS}/", f"{OURS}/login/return"),
        (f"{OURS}/malgil/", f"{OURS}/malgil/login/return"),
        (f"{OURS}/a/b.c", f"{OURS}/a/b.c/login/return"),
        ("http://localhost:5173/", "http://localhost:5173/login/return"),
        ("http://testserver/", "/login/return"),
        ("https://testserver/chat/", "/chat/login/return"),
    ],
)
def test_a_client_that_names_itself_gets_the_code(github, client, page):
    assert github.return_address(client=client).partition("?")[0] == page


@pytest.mark.parametrize(
    "client",
    [
        "https://evil.example",
        "//chat.example.com",
        "chat.example.com",
        "http://chat.example.com",
        f"{OURS}:444",
        f"{OURS}.evil.example",
        f"{OURS}@evil.example",
        f"{OURS}\\@evil.example",
        f"https://evil.example/{OURS}",
        f"https://evil.example?{OURS}",
        f"{OURS}/?x=",
        f"{OURS}/#x",
        f"{OURS}//evil",
        f"{OURS}/../x",
        f"{OURS}/%2e%2e/",
        f"{OURS}\r\nX: y",
        f"{OURS}\n",
        "https://CHAT.example.com",
        "javascript:alert(1)//testserver",
        "ftp://testserver/",
        "http://testserver:80/",
        "null",
        "x" * 600,
    ],
    ids=ascii,
)
def test_any_other_client_is_refused(github, client):
    refused(github.start(client=client), 400, "invalid", "client")


def test_a_client_that_does_not_name_itself_is_known_by_where_the_browser_comes_from(github):
    github.browser.credentials(HTTP_REFERER=f"{OURS}/")

    assert github.return_address().startswith(f"{OURS}/login/return?code=")


@pytest.mark.parametrize(
    "referer",
    [
        "https://evil.example/",
        f"{OURS}.evil.example/",
        f"https://evil.example/{OURS}",
        "x",
        f" {OURS}",
    ],
)
def test_any_other_page_that_led_here_does_not_count(github, referer):
    github.browser.credentials(HTTP_REFERER=referer)

    assert github.return_address().startswith("/login/return?code=")
