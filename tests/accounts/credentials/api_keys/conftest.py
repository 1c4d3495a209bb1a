"""A personal API key of the member."""

import pytest
from support.accounts.api_keys import made


@pytest.fixture
def key(api):
    return made(api)
