"""Throttles switched on, with a clock that a test moves."""

import time

import pytest

from accounts.throttling import counters


class Clock:
    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(settings, monkeypatch):
    settings.AUTH_THROTTLES = True
    clock = Clock()
    monkeypatch.setattr(counters, "_now", clock)
    return clock
