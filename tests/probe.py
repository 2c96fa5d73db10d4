"""Tables of cases about one expression: a text, and the expression in it that the case is about."""

from __future__ import annotations

import ast

from dropout_lint.syntax.source import SourceFile


def probed(code: str) -> tuple[SourceFile, ast.expr]:
    """A file and the expression in it that a case is about: the argument of the one call of ``probe``."""
    source = SourceFile("module.py", code)
    (found,) = [
        node.args[0]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "probe"
    ]
    return source, found
