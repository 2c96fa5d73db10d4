"""What a class stores on ``self``, assignment by assignment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from dropout_lint.syntax.node_tests import is_self


class AttributeStore(NamedTuple):
    """One assignment to ``self.<attribute>``, or to the name in the class body."""

    attribute: str
    method: str | None  # None: in the class body
    node: ast.stmt
    value: ast.expr | None  # None: the value is not written at the assignment (loop target, unpacking, `+=`)


def stores_in(node: ast.ClassDef) -> Iterator[AttributeStore]:
    """Every assignment to an attribute in the methods of the class ``node``, and to a name in its body."""
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for inner in ast.walk(statement):
                if isinstance(inner, ast.stmt):
                    for target, value in _targets(inner):
                        if isinstance(target, ast.Attribute) and is_self(target.value):
                            yield AttributeStore(target.attr, statement.name, inner, value)
        else:
            for target, value in _targets(statement):
                if isinstance(target, ast.Name):
                    yield AttributeStore(target.id, None, statement, value)


def _targets(statement: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What one statement assigns, part by part, with the value where it is written there."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _parts(target, statement.value)
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield statement.target, statement.value
    elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
        yield from _parts(statement.target, None)
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            if item.optional_vars is not None:
                yield from _parts(item.optional_vars, None)


def _parts(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(target, (ast.Tuple, ast.List)):
        matching = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        for index, part in enumerate(target.elts):
            yield from _parts(
                part, value.elts[index] if matching and isinstance(value, (ast.Tuple, ast.List)) else None
            )
    else:
        yield target, value
