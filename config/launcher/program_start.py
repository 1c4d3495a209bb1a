"""Starts Malgil's own programs, and waits until members can be served."""

import time
from collections.abc import Sequence

from .console import Console
from .supervision import readiness
from .supervision.child import Child
from .supervision.service import Service
from .supervision.supervisor import Supervisor

_SERVING_SECONDS = 90.0
# A worker that is being started again is up within this.
_REST_SECONDS = 10.0


def start(
    programs: list[Service],
    *,
    begun: Sequence[Child] = (),
    title: str,
    server: readiness.Readiness,
    supervisor: Supervisor,
    console: Console,
) -> None:
    """Returns when the server serves and all else is up, or has had its time and was named.

    `begun` are others, which were started before. What dies is started again meanwhile. Raises
    LaunchError when one does not start or nothing serves, and StopRequested.
    """
    with console.step(title):
        children = [*begun, *supervisor.start(programs)]
        supervisor.wait_until(server.is_serving, of=children, within_seconds=_SERVING_SECONDS)
        missing = _await_the_rest(server, supervisor, children)
    if missing:
        said = ", ".join(f"{name}: {says}" for name, says in missing.items())
        console.say(f"Not everything is up yet ({said}); requests wait until it is.")


def _await_the_rest(
    server: readiness.Readiness, supervisor: Supervisor, children: list[Child]
) -> dict[str, str]:
    """What is still not up when patience ends; the server does its work without it."""
    deadline = time.monotonic() + _REST_SECONDS
    missing: dict[str, str] = {}

    def is_settled() -> bool:
        nonlocal missing
        checks = server.checks()
        missing = {"server": "busy"} if checks is None else readiness.missing(checks)
        return not missing or time.monotonic() > deadline

    supervisor.wait_until(is_settled, of=children, within_seconds=_REST_SECONDS + 5)
    return missing
