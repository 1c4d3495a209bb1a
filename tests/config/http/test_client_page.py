"""The web client's one page, at its own addresses and nowhere else."""

import pytest

from config.http import home

PAGE = """<meta http-equiv="Content-Security-Policy" content="script-src &#39;self&#39;">
<title>the client</title>"""


@pytest.fixture
def built(settings, tmp_path):
    (tmp_path / "index.html").write_text(PAGE)
    settings.CLIENT_DIR = tmp_path
    home.client_page.cache_clear()
    yield
    home.client_page.cache_clear()


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/login?next=%2Fc%2F1",
        "/login/return?code=x",
        "/signup",
        "/settings",
        "/c/0190",
        "/shared/t0k",
    ],
)
def test_its_addresses_give_the_page(client, address):
    answer = client.get(address)

    assert answer.status_code == 200
    assert b"the client" in answer.content
    assert answer["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("built")
def test_the_policy_that_the_page_carries_is_also_a_header(client):
    policy = client.get("/")["Content-Security-Policy"]

    assert policy == "script-src 'self'; frame-ancestors 'none'"


def test_a_page_without_a_policy_may_load_nothing():
    assert home.policy_of("<title>no policy</title>") == "default-src 'none'"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("address", ["/api/v1/nothing", "/c/one/two", "/static/nothing.js"])
def test_other_addresses_do_not(client, address):
    assert client.get(address).status_code == 404


def test_until_it_is_built_a_plain_page_leads_to_the_documentation(client, settings, tmp_path):
    settings.CLIENT_DIR = tmp_path / "not built"

    answer = client.get("/")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    for address in ("/api/docs", "/api/schema"):
        assert f'href="{address}"' in answer.content.decode()
