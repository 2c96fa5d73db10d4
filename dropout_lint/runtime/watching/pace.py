"""When it is time to write the reports of a run that goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

_SHARE = 0.01  # of the run's time may go into writing
_ALLOWANCE = (
    0.1  # seconds; and this, so that a script which does little before it hangs leaves more than its first call
)
_PAUSE = 1.0  # seconds, at least


class Pace:
    """Says when the next report is due: at the first event, then as time allows, sooner where there is much news."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._events = 0  # when a report was written last
        self._next = self._began
        self._spent = 0.0

    def is_due(self, events: int) -> bool:
        """Whether to write now, after ``events``."""
        now = self._clock()
        if now >= self._next:
            return True
        return events >= 2 * self._events and self._spent <= _SHARE * (now - self._began) + _ALLOWANCE

    def written(self, events: int, since: float) -> None:
        """A report of ``events`` has been written; that was begun at ``since``."""
        now = self._clock()
        self._events = events
        self._spent += now - since
        self._next = now + max(_PAUSE, (now - since) / _SHARE)

    def now(self) -> float:
        """The time, as `written` wants it."""
        return self._clock()
