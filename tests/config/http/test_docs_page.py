"""`/api/docs`: loads from this server alone."""

import re

import pytest
from rest_framework.test import APIClient


@pytest.fixture(scope="module")
def page():
    answer = APIClient().get("/api/docs")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_names_no_other_server(page):
    assert not re.findall(r"""["'(](?:https?:)?//[^"')]+""", page)


def test_everything_it_loads_is_there(page):
    addresses = re.findall(r"""(?:src|href)="([^"]+)""", page)
    assert {address.rsplit(".", 1)[-1] for address in addresses} >= {"js", "css", "png"}

    for address in addresses:
        assert APIClient().get(address).status_code == 200, address


def test_it_shows_our_schema(page):
    [script] = re.findall(r'src="([^"]+script=)"', page)

    assert "/api/schema" in APIClient().get(script).content.decode()


def test_it_runs_no_inline_script(page):
    assert not re.findall(r"<script>", page)
    assert "script-src 'self';" in APIClient().get("/api/docs")["Content-Security-Policy"]
