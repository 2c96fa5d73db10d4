"""From a finding to nodes of a LibCST tree: the one that it is about, and the one that its fix changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.metadata import CodeRange

from dropout_lint.finding import Edit, Position, Span
from dropout_lint.syntax.splicing import apply_edits

Ranges = Mapping[cst.CSTNode, CodeRange]


def range_of(span: Span) -> CodeRange:
    """``span`` as LibCST counts: columns from 0."""
    start, end = span.start, span.end
    return CodeRange(start=(start.line, start.column - 1), end=(end.line, end.column - 1))


def node_at(module: cst.Module, span: Span, ranges: Ranges) -> cst.CSTNode:
    """The smallest node of ``module`` that covers ``span``."""
    found: cst.CSTNode = module
    inside = True
    while inside:
        inside = False
        for child in found.children:
            if _covers(ranges[child], span):
                found, inside = child, True
                break
    return found


def change(module: cst.Module, edits: tuple[Edit, ...]) -> tuple[cst.CSTNode, cst.CSTNode] | None:
    """The smallest node of ``module`` that ``edits`` change, and what to put in its place; None if LibCST cannot read
    the result.
    """
    try:
        changed = cst.parse_module(apply_edits(module.code, edits), module.config_for_parsing)
    except cst.ParserSyntaxError:
        return None
    for old, new in reversed([*_differing(module, changed)]):
        if old is module or _replaced(module, old, new) == changed.code:
            return old, new
    return None


def _differing(old: cst.CSTNode, new: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    """The nodes that differ on the way down, as long as all that differs is in one of their children."""
    while True:
        yield old, new
        if type(old) is not type(new) or len(old.children) != len(new.children):
            return
        pairs = [(one, other) for one, other in zip(old.children, new.children) if not one.deep_equals(other)]
        if len(pairs) != 1:
            return
        old, new = pairs[0]


def _replaced(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> str:
    result = module.deep_replace(old, new)
    assert isinstance(result, cst.Module)
    return result.code


def _covers(covering: CodeRange, span: Span) -> bool:
    start = Position(covering.start.line, covering.start.column + 1)
    end = Position(covering.end.line, covering.end.column + 1)
    return start <= span.start and span.end <= end and start < end
