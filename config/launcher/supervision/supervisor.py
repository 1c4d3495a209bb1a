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
# While Malgil starts, a service that fails to start this often in a row ends all of it.
_STARTS = 3


class Supervisor:
    """Single-threaded: it looks after its children whenever one of its methods waits.

    A child that dies is started again, from the first moment on. Before `watch` is called, a child
    that fails to start three times in a row raises LaunchError with the end of its log, out of the
    method that waits at that moment; later it is tried for ever, at a slower pace.
    """

    def __init__(self, *, console: Console, signals: Signals) -> None:
        self._console = console
        self._signals = signals
        self._children: list[Child] = []
        self._is_starting = True

    def start(self, services: Iterable[Service]) -> list[Child]:
        """Returns at once. Raises EmbeddedError when a service's `prepare` refuses."""
        started = [Child(service) for service in services]
        for child in started:
            self._children.append(child)
            try:
                child.start()
            except OSError as error:
                self._plan_restart(child, why=str(error))
        return started

    def wait_until(
        self, ready: Callable[[], bool], *, of: list[Child], within_seconds: float
    ) -> None:
        """Waits for what the children `of` a step are to bring about.

        Raises LaunchError with the end of a log if time runs out, and StopRequested.
        """
        deadline = time.monotonic() + within_seconds
        while not ready():
            if time.monotonic() > deadline:
                late = next((child for child in of if not child.is_up), of[-1])
                raise LaunchError(late.failure(f"is not ready after {within_seconds:g} s"))
            self._pause()

    def wait_until_up(self, children: list[Child], *, within_seconds: float) -> None:
        """Raises what `wait_until` raises."""
        self.wait_until(
            lambda: all(child.is_up for child in children),
            of=children,
            within_seconds=within_seconds,
        )

    def run(self, service: Service, *, within_seconds: float) -> None:
        """Runs a program to its end; again where it fails, for a server may have died meanwhile.

        Each run begins when all children are up, for which they have `within_seconds`. Raises
        LaunchError with the end of the log after three runs that failed, and what `wait_until`
        raises.
        """
        child = Child(service)
        try:
            self.wait_until_up(self._children, within_seconds=within_seconds)
            while not self._run_once(child):
                self.wait_until(lambda: child.is_due, of=[child], within_seconds=within_seconds)
                self.wait_until_up(self._children, within_seconds=within_seconds)
        finally:
            child.kill()

    def _run_once(self, child: Child) -> bool:
        """Whether it ended with 0; if not, its next run is planned."""
        self._start_again(child)
        while child.pid is not None:
            self._pause()
            status = child.reap()
            if status is not None:
                if status == 0:
                    return True
                self._plan_restart(child, why=said(status))
        return False

    def watch(self) -> None:
        """From here on Malgil has started: starts again what dies, until it is told to stop."""
        self._is_starting = False
        while self._signals.requests == 0:
            self._look_after(self._children)
            self._signals.sleep(self._seconds_to_next_start())

    def stop(self) -> None:
        """Leaves no child behind. A second request kills those that may be killed."""
        self._is_starting = False
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

    def _pause(self) -> None:
        """Between two looks of a method that waits while Malgil starts."""
        if self._signals.requests:
            raise StopRequested
        self._look_after(self._children)
        self._signals.sleep(_LOOK_SECONDS)
        for child in self._children:
            child.look_whether_up()

    def _look_after(self, children: list[Child]) -> None:
        for child in children:
            status = child.reap()
            if status is not None:
                self._plan_restart(child, why=said(status))
            if child.is_due:
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        try:
            child.start()
        except (EmbeddedError, OSError) as error:
            self._plan_restart(child, why=str(error))

    def _plan_restart(self, child: Child, *, why: str) -> None:
        delay = child.plan_restart()
        service = child.service
        if self._is_starting and child.failed_starts >= _STARTS:
            raise LaunchError(
                child.failure(f"did not start, {_STARTS} times in a row (at last: {why})")
            )
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
