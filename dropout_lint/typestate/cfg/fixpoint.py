"""A worklist over a control-flow graph, to a fixpoint.  It knows states only by what `Domain` asks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from dropout_lint.typestate.cfg.builder import Block, Graph


class Domain(Protocol):
    """A state that can be copied, and joined with another."""

    def copy(self: D) -> D:
        """An independent copy."""

    def join(self: D, other: D) -> bool:
        """Let in what holds in ``other``; returns whether that changed anything."""


D = TypeVar("D", bound=Domain)

Transfer = Callable[[Block, D], "bool | None"]
"""Runs a block on a state that it may change; what it returns is the outcome of the block's test, if it is known."""


class TooManySteps(Exception):
    """The budget is spent before the fixpoint: nothing may be said."""


def solve(graph: Graph, entry: D, transfer: Transfer[D], *, most_visits: int = 40) -> D | None:
    """The state at the exit of ``graph``, starting with ``entry``, which is used up; None if the exit is never reached.

    ``transfer`` has seen each block last with a state that includes every way into it.  Raises TooManySteps if a block
    is visited more than ``most_visits`` times: the domain climbs too slowly.
    """
    before: dict[Block, D] = {graph.entry: entry}
    visits: dict[Block, int] = {}
    waiting = {graph.entry.index}
    while waiting:
        index = min(waiting)
        waiting.discard(index)
        block = graph.blocks[index]
        if block is graph.exit:
            return before[block]
        if block not in graph.repeated:
            after = before.pop(block)
        else:
            visits[block] = visits.get(block, 0) + 1
            if visits[block] > most_visits:
                raise TooManySteps
            after = before[block].copy()
        known = transfer(block, after)
        targets = [target for target, outcome in block.edges if outcome is None or known is None or outcome is known]
        for number, target in enumerate(targets, 1):
            if target not in before:
                before[target] = after if number == len(targets) else after.copy()
                waiting.add(target.index)
            elif before[target].join(after):
                waiting.add(target.index)
    return None
