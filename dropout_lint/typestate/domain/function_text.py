"""What the text of a function says before it is followed: may it yield, does it speak of modes?"""

from __future__ import annotations

import ast

from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile


class _Generators(Table[ast.AST, bool]):
    """Whether the functions of a file may be generators."""


class _SpeaksOfModes(Table[ast.AST, bool]):
    """Whether pieces of the code of a file speak of modes."""


def _may_mention_mode(source: SourceFile, node: ast.AST) -> bool:
    """The text is searched faster than the tree."""
    return any("train" in line or "eval" in line for line in source.lines_of(node))


def may_yield(source: SourceFile, node: ast.AST) -> bool:
    """Whether the function ``node`` of ``source`` may be a generator."""
    known = source.extension(_Generators)
    if node not in known:
        known[node] = any("yield" in line for line in source.lines_of(node))
    return known[node]


def mentions_mode(source: SourceFile, node: ast.AST) -> bool:
    """Whether ``node`` of ``source`` speaks of modes at all: ``.train``, ``.eval`` or ``.training``, or the name of the
    flag in quotes, for ``setattr``.
    """
    known = source.extension(_SpeaksOfModes)
    if node not in known:
        known[node] = _may_mention_mode(source, node) and any(
            (isinstance(part, ast.Attribute) and part.attr in ("train", "eval", "training", "_training"))
            or (isinstance(part, ast.Constant) and part.value == "training")
            for part in ast.walk(node)
        )
    return known[node]
