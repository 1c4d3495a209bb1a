"""Keeps services running, and stops them in the reverse of the order they were started in."""

import time
from collections.abc import Callable, Iterable

from config.embedded.errors import EmbeddedError
from config.launcher.console import Console
from config.launcher.errors import LaunchError, StopRequested

from .child import Child
from .service import Service
from .signals import Signals

_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 1.0
_SILENT_STOP_SECONDS = 1.0


class Supervisor:
    """Single-threaded: it looks after its children whenever one of its methods waits."""

    def __init__(self, *, console: Console, signals: Signals) -> None:
        self._console = console
        self._signals = signals
        self._children: list[Child] = []

    def start(self, services: Iterable[Service]) -> list[Child]:
        """Returns at once. Raises what a service's `prepare` raises."""
        started = []
        for service in services:
            child = Child(service)
            child.start()
            self._children.append(child)
            started.append(child)
        return started

    def wait_until(
        self, ready: Callable[[], bool], *, of: list[Child], within_seconds: float
    ) -> None:
        """Waits for what the children `of` a step are to bring about.

        Raises LaunchError with the end of the log if one of them dies first or time runs out, and
        StopRequested.
        """
        deadline = time.monotonic() + within_seconds
        while not ready():
            for child in of:
                status = child.reap()
                if status is not None:
                    raise LaunchError(child.failure(f"ended with {said(status)}"))
            if time.monotonic() > deadline:
                raise LaunchError(of[-1].failure(f"is not ready after {within_seconds:g} s"))
            self._pause(but_not=of)

    def run(self, service: Service) -> None:
        """Runs a program to its end. Raises LaunchError if it fails, and StopRequested."""
        child = Child(service)
        child.start()
        try:
            while (status := child.reap()) is None:
                self._pause()
        finally:
            child.kill()
        if status != 0:
            raise LaunchError(child.failure(f"ended with {said(status)}"))

    def watch(self) -> None:
        """Starts again what dies, until it is told to stop."""
        while self._signals.requests == 0:
            self._look_after(self._children)
            self._signals.sleep(self._seconds_to_next_start())

    def stop(self) -> None:
        """Leaves no child behind. A second request kills those that may be killed."""
        patient_until = min(self._signals.requests, 1)
        while self._children:
            group = self._children[-1].service.group
            leaving = [child for child in self._children if child.service.group == group]
            # From here on they are not started again, while the others still are.
            self._children = [child for child in self._children if child not in leaving]
            self._stop_group(leaving, patient_until=patient_until)

    def _stop_group(self, leaving: list[Child], *, patient_until: int) -> None:
        service = leaving[0].service
        text = f"Stopping {service.group}"
        with self._console.step(text, silent_seconds=_SILENT_STOP_SECONDS) as show_when_due:
            for number, seconds in service.stop:
                for child in leaving:
                    child.send(number)
                deadline = time.monotonic() + seconds
                while _any_alive(leaving) and time.monotonic() < deadline:
                    if service.may_be_killed and self._signals.requests > patient_until:
                        break
                    show_when_due()
                    self._look_after(self._children)
                    self._signals.sleep(_LOOK_SECONDS)
            for child in leaving:
                child.kill()

    def _pause(self, *, but_not: Iterable[Child] = ()) -> None:
        if self._signals.requests:
            raise StopRequested
        self._look_after([child for child in self._children if child not in but_not])
        self._signals.sleep(_LOOK_SECONDS)

    def _look_after(self, children: list[Child]) -> None:
        for child in children:
            status = child.reap()
            if status is not None:
                self._plan_restart(child, why=said(status))
            if child.start_at is not None and child.start_at <= time.monotonic():
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        try:
            child.start()
        except (EmbeddedError, OSError) as error:
            self._plan_restart(child, why=str(error))

    def _plan_restart(self, child: Child, *, why: str) -> None:
        delay = child.plan_restart()
        service = child.service
        if child.restarts.has_become_a_loop:
            self._console.say(
                f"{service.name} keeps ending ({why}) and is started every {delay:g} s; "
                f"{service.log} says more."
            )
        elif not child.restarts.is_loop:
            self._console.say(f"{service.name} ended ({why}) and is started again.")

    def _seconds_to_next_start(self) -> float:
        due = [child.start_at for child in self._children if child.start_at is not None]
        return max(0.0, min([moment - time.monotonic() for moment in due] + [_IDLE_SECONDS]))


def said(status: int) -> str:
    """An exit status of subprocess in words."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _any_alive(children: list[Child]) -> bool:
    for child in children:
        child.reap()
    return any(child.pid is not None for child in children)
