"""Fixtures of real processes; a pytest plugin, for the folders whose tests drive them."""

from collections.abc import Iterator

import pytest

from .stack import Stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One for a test module; each test leaves it running and answering."""
    with Stack() as running:
        yield running


@pytest.fixture
def healthy(stack: Stack) -> Stack:
    """The stack with everything up and the model well behaved."""
    stack.reset_model()
    stack.wait_until_ready()
    return stack
