"""`python -m config.launcher`, which is what `make run` becomes.

Exit status: 0 after it was told to stop, 1 when something does not start, 2 for a bad variable.
"""

import sys

from config import env
from config.embedded.errors import EmbeddedError

from . import options, services
from .console import Console
from .errors import LaunchError
from .prerequisites import lock
from .stack import Stack
from .supervision.signals import Signals


def main() -> int:
    try:
        options.load_dotenv(services.ROOT / ".env")
        chosen = options.read()
    except env.BadSetting as error:
        print(error, file=sys.stderr)
        return 2
    signals = Signals()
    signals.install()
    try:
        with lock.hold(chosen.data_dir):
            Stack(options=chosen, console=Console(), signals=signals).run()
    except (LaunchError, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
