"""Where epochs began, how the loss went, and what the clock said: the marks along a timeline, in bounded memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")
_MOST = 2048  # of one kind


class Thinned(Generic[_T]):
    """A series that loses every other item when it has too many: what is left is spread evenly."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self.every = 1  # item of so many that is kept
        self._number = 0
        self.items: list[_T] = []

    def is_next_kept(self) -> bool:
        """Whether the next item will be kept; if not, there is no need to make it."""
        return self._number % self.every == 0

    def add(self, item: _T) -> None:
        """Take in one item."""
        if self.is_next_kept():
            self.items.append(item)
        self.skip()
        if len(self.items) > self._most:
            self.items = self.items[::2]
            self.every *= 2

    def skip(self) -> None:
        """Count an item that is not kept."""
        self._number += 1


class Marks:
    """The marks of one run; positions are numbers of calls and of optimizer steps that had begun."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self.started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.times = Thinned[tuple[int, float]]()  # (number of a call, seconds since the beginning)
        self.epochs = Thinned[tuple[float, int, int]]()  # (epoch that begins, last call before it, last step before it)
        self.losses = Thinned[tuple[float | None, int, int]]()  # None where the loss is no finite number

    @property
    def seconds(self) -> float:
        """How long the run has been going."""
        return round(self._clock() - self._began, 3)

    def call(self, number: int) -> None:
        """A model was called."""
        if self.times.is_next_kept():
            self.times.add((number, self.seconds))
        else:
            self.times.skip()

    def epoch(self, epoch: float, call: int, step: int) -> None:
        """An epoch begins.  One that is named again, as after a validation inside it, does not begin again."""
        if not self.epochs.items or self.epochs.items[-1][0] != epoch:
            self.epochs.add((epoch, call, step))

    def loss(self, loss: float, call: int, step: int) -> None:
        """The training loss is known."""
        self.losses.add((loss if math.isfinite(loss) else None, call, step))
