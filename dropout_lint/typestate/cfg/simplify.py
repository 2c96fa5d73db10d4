"""Edges past blocks in which nothing happens, such as the one where two branches meet: a third of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from dropout_lint.typestate.cfg.blocks import Block, Edge, Graph


def without_empty(graph: Graph) -> Graph:
    """The blocks of ``graph`` in which something happens: edges into others lead on to where those lead.

    Empty ones that lead back stay: a loop takes its next turn when all ways through its body have come together.
    """
    empty = {
        block
        for block in graph.blocks
        if not block.steps and all(block.index < target.index for target, _ in block.edges)
    } - {graph.entry, graph.exit}
    for block in graph.blocks:
        block.edges = list(dict.fromkeys(_led_on(block.edges, empty)))
    return Graph(graph.entry, graph.exit, [block for block in graph.blocks if block not in empty])


def _led_on(edges: Iterable[Edge], empty: Set[Block]) -> Iterator[Edge]:
    for target, outcome in edges:
        if target in empty:
            yield from ((further, outcome) for further, _ in _led_on(target.edges, empty))
        else:
            yield target, outcome
