"""Python's collector of reference cycles, in processes that run for weeks."""

import gc

# New objects until the youngest are looked at; Python's own 700 are one answer's.
_YOUNGEST = 10_000


def settle() -> None:
    """To be called once, when a process has started.

    What is there by then (modules, settings, models) stays as long as the process: it is never
    looked at again. A full collection, which holds up everybody, then takes a few milliseconds
    instead of some hundred.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, *gc.get_threshold()[1:])
