"""What a control-flow graph is made of: blocks of steps, and the edges between them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

Loop = ast.For | ast.AsyncFor | ast.While


class StepKind(Enum):
    """What a step does."""

    RUN = "run"  # a simple statement
    TEST = "test"  # the condition that ends a block; its edges say which outcome they are for
    FIRST = "first"  # a loop takes its first element: we take it that there is one
    NEXT = "next"  # a loop takes another element
    ENTER = "enter"  # a `with` item
    EXIT = "exit"
    MATCH = "match"  # names that a pattern binds
    CATCH = "catch"  # the name that an exception is bound to


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``node`` is the statement, test, ``with`` item, pattern or handler."""

    kind: StepKind
    node: ast.AST


@dataclass(eq=False, slots=True)
class Block:
    """Steps that run one after the other.  ``edges`` lead on; an edge with an outcome is taken only on that."""

    loops: tuple[Loop, ...]  # around it, the innermost last
    index: int = 0  # in its graph
    steps: list[Step] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


Edge = tuple[Block, "bool | None"]


@dataclass(eq=False, slots=True)
class Graph:
    """``entry`` starts, ``exit`` is where every way out leads.  Blocks come in the order in which they should run."""

    entry: Block
    exit: Block
    blocks: list[Block]
    repeated: set[Block] = field(init=False)  # those from which others lead back to them, or past them

    def __post_init__(self) -> None:
        for index, block in enumerate(self.blocks):
            block.index = index
        self.repeated = set()
        for block in self.blocks:
            for target, _ in block.edges:
                self.repeated.update(self.blocks[target.index : block.index + 1])
