"""The demo model as a process, and short timings."""

from collections.abc import Iterator

import pytest
from support.drivers.demo_driver import Demo


@pytest.fixture(scope="session")
def model_process() -> Iterator[Demo]:
    demo = Demo("--port", "0", "--first-token-ms", "0", "--tokens-per-second", "0", "--tokens", "6")
    yield demo
    assert demo.end() == 0


@pytest.fixture
def model(model_process: Demo, settings) -> Demo:
    """What OPENAI_BASE_URL names; every fault shows within two seconds."""
    model_process.reset()
    settings.OPENAI_BASE_URL = model_process.base_url
    settings.MODEL_STALL_SECONDS = 1.0
    settings.MODEL_ANSWER_SECONDS = 1.0
    settings.MODEL_CONNECT_SECONDS = 1
    return model_process
