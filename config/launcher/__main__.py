"""`python -m config.launcher`, which is what `make run` becomes.

Exit status: 0 after it was told to stop, 1 when something does not start, 2 for a bad variable.
"""

import errno
import sys

from config import env
from config.embedded.errors import EmbeddedError

from . import options, services
from .console import Console
from .errors import LaunchError
from .prerequisites import lock
from .stack import Stack
from .supervision.signals import Signals

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


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
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        print(
            f"DATA_DIR {chosen.data_dir} cannot be written ({error.strerror}): "
            "make room there, or set DATA_DIR to a folder on another disk.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
