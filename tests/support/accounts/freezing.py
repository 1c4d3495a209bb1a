"""Time that has passed for signatures."""

import time
from contextlib import contextmanager
from datetime import timedelta

from django.core import signing


@contextmanager
def later(monkeypatch, **passed):
    """As if so much more time had passed since links were made."""
    now = time.time() + timedelta(**passed).total_seconds()
    with monkeypatch.context() as patched:
        patched.setattr(signing.time, "time", lambda: now)
        yield
