"""Building the web client while the servers start and the database is migrated."""

from collections.abc import Callable
from pathlib import Path

from . import services
from .console import Console
from .errors import LaunchError
from .supervision.child import Child
from .supervision.service import Service, python
from .supervision.supervisor import Supervisor, said

# With a slow network, and a machine that is busy.
_BUILD_SECONDS = 1800.0
# Looking whether there is something to build takes less.
_SILENT_SECONDS = 0.5
_BUILD = python("-m", "config.launcher.client")


class ClientBuild:
    """A process beside others, begun once at most. It sees for itself what is to be done."""

    def __init__(
        self,
        *,
        log: Path,
        supervisor: Supervisor,
        console: Console,
        command: Callable[[], list[str]] = _BUILD,
    ) -> None:
        self._supervisor = supervisor
        self._console = console
        self._status: int | None = 0
        self._child = Child(
            Service(
                name="the web client",
                group="client",
                command=command,
                log=log,
                cwd=services.ROOT,
            )
        )

    def begin(self) -> None:
        self._status = None
        self._child.start()

    def finish(self) -> None:
        """Returns when it is built, or at once where it was not begun.

        Raises LaunchError with the end of what it said, and StopRequested.
        """
        step = self._console.step("Building the web client", silent_seconds=_SILENT_SECONDS)
        with step as show_when_due:

            def has_ended() -> bool:
                show_when_due()
                if self._status is None:
                    self._status = self._child.reap()
                return self._status is not None

            self._supervisor.wait_until(has_ended, of=[self._child], within_seconds=_BUILD_SECONDS)
            if self._status:
                raise LaunchError(self._child.failure(f"was not built ({said(self._status)})"))

    def abandon(self) -> None:
        """Ends it where it still runs; the next run begins anew."""
        self._child.kill()
