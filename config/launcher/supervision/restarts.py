"""How soon a process that died is started again."""

_PACE_SECONDS = (0.0, 0.5, 1.0, 1.5)
_HEALTHY_AFTER_SECONDS = 10.0


class Restarts:
    """At once the first time, then slower, but never later than two seconds (DESIGN.md)."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def delay_seconds(self, *, ran_seconds: float) -> float:
        """To be asked once for each death."""
        if ran_seconds >= _HEALTHY_AFTER_SECONDS:
            self._in_a_row = 0
        delay = _PACE_SECONDS[min(self._in_a_row, len(_PACE_SECONDS) - 1)]
        self._in_a_row += 1
        return delay

    @property
    def has_become_a_loop(self) -> bool:
        """True for the first delay at the slowest pace only."""
        return self._in_a_row == len(_PACE_SECONDS)

    @property
    def is_loop(self) -> bool:
        return self._in_a_row >= len(_PACE_SECONDS)
