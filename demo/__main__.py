"""`python -m demo`: serves until SIGTERM or SIGINT; status 1 when it cannot listen."""

import errno
import sys

import uvloop

from . import server
from .behaviour import flags
from .behaviour.flags import Options


def main() -> int:
    options = flags.read(sys.argv[1:])
    try:
        listening = server.listen(options)
    except OSError as error:
        print(f"demo: {_complaint(options, error)}", file=sys.stderr)
        return 1
    uvloop.run(server.serve(listening, options, announce=_announce))
    return 0


def _announce(url: str) -> None:
    print(f"demo model on {url}", flush=True)


def _complaint(options: Options, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {options.port} on {options.host} is taken; choose another with --port."
    place = options.host if options.fd is None else f"file descriptor {options.fd}"
    return f"cannot listen on {place}: {error.strerror}."


if __name__ == "__main__":
    sys.exit(main())
