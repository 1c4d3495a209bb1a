"""What every process counts, for Prometheus: names and labels stand in the `metrics` modules.

Usually a process keeps its numbers to itself and is asked by itself. Where several share one port
(`make run`), PROMETHEUS_MULTIPROC_DIR names a folder in which each keeps a file of its numbers, and
whichever is asked adds them up. That costs 0.7 µs for each count instead of 0.3.
"""

from django.conf import settings
from prometheus_client import (
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from . import metrics_folder

__all__ = ["CONTENT_TYPE", "LONG", "SHORT", "Counter", "Gauge", "Histogram"]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# In seconds: what a member waits for an answer, and what a request to the API may take.
LONG = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """All that this process counted, or all of those that share its folder."""
    folder = settings.METRICS_DIR
    return generate_latest(REGISTRY) if folder is None else metrics_folder.exposition(folder)


def tidy() -> None:
    """For a process that starts: where processes are started again and again, files pile up."""
    if settings.METRICS_DIR is not None:
        metrics_folder.tidy(settings.METRICS_DIR)
