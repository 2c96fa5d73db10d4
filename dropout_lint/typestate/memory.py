"""What the analysis has worked out about one file, for every root that runs through it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from dropout_lint.source import Source
from dropout_lint.typestate.graph import Graph
from dropout_lint.typestate.values import Value

if TYPE_CHECKING:
    from dropout_lint.typestate.parameters import Signature
    from dropout_lint.typestate.relevance import Relevance


@dataclass(eq=False, slots=True)
class Memory:
    """Facts about the code of a file that hold in every state.  They live as long as its tree."""

    owner: InitVar[Source]
    graphs: dict[ast.AST, Graph] = field(default_factory=dict)  # of functions, and of the top level
    defined: dict[str, Value] = field(default_factory=dict)  # what the file itself gives a name
    settled: dict[str, Value] = field(default_factory=dict)  # what names stand for, whatever the state
    imported: dict[str, Value] = field(default_factory=dict)  # what a dotted name means in it
    places: dict[str, tuple[Source, str] | None] = field(default_factory=dict)  # that imported names lead to
    opaque: set[str] = field(default_factory=set)  # names of its top level that nothing is known of
    offered: Value | None = None  # the models that it offers, one of them
    class_bodies: dict[ast.AST, Mapping[str, ast.expr | None]] = field(default_factory=dict)  # kept by `attributes`
    generators: dict[ast.AST, bool] = field(default_factory=dict)  # may a function be one?
    signatures: dict[ast.AST, Signature] = field(default_factory=dict)  # kept by `parameters`
    switching: dict[ast.AST, list[ast.expr]] = field(default_factory=dict)  # decorators that speak of modes
    without_gradients: dict[ast.AST, bool] = field(default_factory=dict)  # does a decorator switch them off?
    speaks_of_modes: dict[ast.AST, bool] = field(default_factory=dict)
    behind_flags: dict[tuple[ast.ClassDef, str], frozenset[str]] = field(default_factory=dict)  # by `dependence`
    brief: dict[ast.AST, bool] = field(default_factory=dict)  # functions that say what they return, and do nothing else
    relevance: Relevance | None = None  # kept by `idling`, as the one before

    def release_from(self, source: Source) -> None:
        """Cut the cycles: loops lead back, and blocks hold on to the tree."""
        for graph in self.graphs.values():
            for block in graph.blocks:
                block.edges.clear()


def memory(source: Source) -> Memory:
    """The memory of ``source``: always the same."""
    return source.extension(Memory)


def _may_mention_mode(source: Source, node: ast.AST) -> bool:
    """The text is searched faster than the tree."""
    return any("train" in line or "eval" in line for line in source.lines_of(node))


def may_yield(source: Source, node: ast.AST) -> bool:
    """Whether the function ``node`` of ``source`` may be a generator."""
    known = memory(source).generators
    if node not in known:
        known[node] = any("yield" in line for line in source.lines_of(node))
    return known[node]


def mentions_mode(source: Source, node: ast.AST) -> bool:
    """Whether ``node`` of ``source`` speaks of modes at all: ``.train``, ``.eval`` or ``.training``."""
    known = memory(source).speaks_of_modes
    if node not in known:
        known[node] = _may_mention_mode(source, node) and any(
            isinstance(part, ast.Attribute) and part.attr in ("train", "eval", "training", "_training")
            for part in ast.walk(node)
        )
    return known[node]
