"""What becomes of the result of a call: a backward pass reaches it, or it is freed before one does.

A call with gradients on is training only in the first case.  Which one it is shows later than the call returns, so this
is the one value of a run that changes; it refers weakly to the graph, and keeps no tensor alive.
"""

from __future__ import annotations

from collections.abc import Callable


class Reach:
    """Follows the result of one call."""

    __slots__ = ("_witness", "reached", "sure")

    def __init__(self, witness: Callable[[], object], *, sure: bool = True) -> None:
        self._witness = witness  # None as soon as the graph of the result is freed
        self.reached = False  # by a backward pass
        self.sure = sure  # False: the result has parts that are not followed

    @property
    def is_open(self) -> bool:
        """Whether a backward pass may still come."""
        return not self.reached and self._witness() is not None

    @property
    def is_unused(self) -> bool:
        """Whether no backward pass can come any more, and none came."""
        return self.sure and not self.reached and self._witness() is None
