"""How long members lately waited for the first text, as this worker saw it; told with its beat."""

import statistics
import time
from collections import deque

LATELY_SECONDS = 600.0
# Enough for a median, and nothing to keep.
_MOST = 200
_seen: deque[tuple[float, float]] = deque(maxlen=_MOST)


def note(seconds: float) -> None:
    """From the accept of a reply to its first text."""
    _seen.append((time.monotonic(), seconds))


def median() -> float | None:
    """Of the last ten minutes; None when nothing came. From any thread."""
    since = time.monotonic() - LATELY_SECONDS
    # Copied at once, since the event loop adds to it meanwhile.
    lately = [seconds for seen_at, seconds in tuple(_seen) if seen_at >= since]
    return statistics.median(lately) if lately else None
