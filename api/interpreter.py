"""How Python runs in processes that serve many at once, for weeks."""

import gc
import sys

# New objects until the collector of cycles looks at the youngest. Python's own 700 are one answer.
_YOUNGEST = 10_000
# How long a thread may keep the interpreter while others wait for it. In Python's own 5 ms an event
# loop holds up each statement of a thread of the database's.
_SWITCH_SECONDS = 0.001


def tune_gc() -> None:
    """To be called once, when a process has started.

    What is there by then (modules, settings, models) stays as long as the process, and is never
    looked at again: a full collection, which holds up everybody, takes a few milliseconds instead
    of some hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, *gc.get_threshold()[1:])
    sys.setswitchinterval(_SWITCH_SECONDS)
