"""`make image-test`. What it sets up where no Docker runs stays in IMAGE_TEST_DIR for next time."""

import json
import os
import signal
import sys
from pathlib import Path

from .engine import NoEngine, found
from .project import Project
from .scenario import Scenario

CACHE = Path(os.environ.get("IMAGE_TEST_DIR") or "/var/tmp/malgil-image-test").resolve()


def main() -> int:
    # So that everything is taken down then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with found(CACHE) as engine, Project(engine) as project:
            print(f"image-test: {engine.way}.", flush=True)
            scenario = Scenario(project)
            scenario.play()
    except NoEngine as reason:
        print(f"image-test: skipped, since {reason}.")
        return 0
    print(json.dumps(scenario.figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
