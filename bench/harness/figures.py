"""From numbers to figures, and into bench/results/."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results"


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile, least and most."""
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "min": round(ordered[0], 1),
        "max": round(ordered[-1], 1),
    }


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(name: str, figures: dict[str, Any]) -> None:
    """Prints the figures and keeps them."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        # The script itself among it: on an idle machine about what it keeps busy.
        "load_at_the_end": [round(load, 1) for load in os.getloadavg()],
    }
    text = json.dumps({"bench": name, "machine": machine, **figures}, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(f"{text}\n")
    print(text)
