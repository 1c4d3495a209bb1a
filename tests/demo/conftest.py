from collections.abc import Iterator

import pytest
from support.drivers.demo_driver import Demo


@pytest.fixture(scope="session")
def demo_process() -> Iterator[Demo]:
    """Unpaced: tests of pacing set their own."""
    demo = Demo("--port", "0", "--first-token-ms", "0", "--tokens-per-second", "0")
    yield demo
    assert demo.end() == 0


@pytest.fixture
def demo(demo_process: Demo) -> Demo:
    demo_process.reset()
    return demo_process
