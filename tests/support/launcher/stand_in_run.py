"""`make run` with tiny services in place of the real ones: a store, a worker, a server."""

import sys
from pathlib import Path

from config.launcher.console import Console
from config.launcher.errors import StopRequested
from config.launcher.supervision.service import Service, python
from config.launcher.supervision.signals import Signals
from config.launcher.supervision.supervisor import Supervisor

SERVICE = Path(__file__).with_name("stand_in_service.py")


def service(folder: Path, name: str, *flags: str, may_be_killed: bool = True) -> Service:
    return Service(
        name=name,
        group=name,
        command=python(str(SERVICE), name, str(folder / "events"), *flags),
        log=folder / f"{name}.log",
        cwd=folder,
        may_be_killed=may_be_killed,
        stop=((15, 60.0),),
    )


def main() -> None:
    folder = Path(sys.argv[1])
    signals = Signals()
    signals.install()
    supervisor = Supervisor(console=Console(), signals=signals)
    try:
        supervisor.start(
            [
                service(folder, "store", may_be_killed=False),
                service(folder, "worker", *sys.argv[2:]),
                service(folder, "web"),
            ]
        )
        supervisor.watch()
    except StopRequested:
        pass
    finally:
        supervisor.stop()


if __name__ == "__main__":
    main()
