"""What a process does once it has started."""

import subprocess
import sys
from pathlib import Path

_ASKED = """
import gc, sys
from api import interpreter
interpreter.tune_gc()
print(gc.get_freeze_count() > 1000, sys.getswitchinterval() < 0.005, gc.isenabled())
"""


def test_what_start_up_made_is_looked_at_no_more_and_threads_wait_less():
    done = subprocess.run(
        [sys.executable, "-c", _ASKED],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["True", "True", "True"]
