"""Events in their order, each held back until it is known what became of the calls before it.

Whether a call with gradients on was training shows when a backward pass reaches its result, or when that is freed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dropout_lint.runtime.record.events import Call

_MOST = 256  # events that wait for one call; then it counts as training, as if it could not be followed


@dataclass(frozen=True, slots=True)
class CalledElsewhere:
    """A module that is no root for us was called in a thread, with gradients."""

    thread: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """An optimizer stepped in a thread, and trained ``owned``."""

    number: int
    thread: int
    owned: frozenset[int]


Event = Call | CalledElsewhere | Stepped


class Waiting:
    """Takes events, and gives each to ``handle`` when its turn has come."""

    def __init__(self, handle: Callable[[Event], None]) -> None:
        self._handle = handle
        self._events: deque[Event] = deque()

    def take(self, event: Event) -> None:
        """One more event."""
        self._events.append(event)
        while self._events and (len(self._events) > _MOST or not _is_open(self._events[0])):
            self._handle(self._events.popleft())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)


def _is_open(event: Event) -> bool:
    return isinstance(event, Call) and event.reach is not None and event.reach.is_open
