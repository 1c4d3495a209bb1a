"""`tether.argv` as it works elsewhere than on Linux."""

import signal
import sys
from collections.abc import Sequence

from config.embedded import tether

_ELSEWHERE = (
    "import runpy, sys; sys.platform = 'darwin'; sys.argv = sys.argv[1:];"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)


def argv(command: Sequence[str], *, death_signal: signal.Signals) -> list[str]:
    told = tether.argv(command, death_signal=death_signal)
    script = told.index(tether.__file__)
    return [sys.executable, "-I", "-S", "-c", _ELSEWHERE, *told[script:]]
