"""`python -m config.launcher --client`, which is what `make run` becomes.

With `--client` the web client is built, if its sources changed, while the servers start. Exit
status: 0 after it was told to stop, 1 when something does not start, 2 for a bad variable.
"""

import argparse
import errno
import sys
from collections.abc import Sequence

from config import env
from config.embedded.errors import EmbeddedError

from . import options, services
from .console import Console
from .errors import LaunchError
from .prerequisites import lock
from .stack import Stack
from .supervision.signals import Signals

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.launcher")
    parser.add_argument("--client", action="store_true", help="build the web client")
    asked = parser.parse_args(arguments)
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
            stack = Stack(options=chosen, console=Console(), signals=signals)
            stack.run(builds_client=asked.client)
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
    sys.exit(main(sys.argv[1:]))
