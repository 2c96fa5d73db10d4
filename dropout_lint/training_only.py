"""Does code certainly run in training only?  `gates` asks whether it may; this is for the way that leads to a method,
where a doubt is no reason to be silent.
"""

from __future__ import annotations

import ast

from dropout_lint.names import names_of
from dropout_lint.scopes import BindingKind
from dropout_lint.source import Source

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def runs_in_training_only(source: Source, node: ast.AST) -> bool:
    """Whether conditions around or before ``node``, in its function, ask for ``self.training`` and let it run only if
    that is true.
    """
    child = node
    for above in source.ancestors(node):
        if isinstance(above, (ast.If, ast.IfExp)) and child is not above.test:
            taken = child is above.body if isinstance(above, ast.IfExp) else child in above.body
            if _means_training(source, above.test, taken):
                return True
        elif isinstance(above, ast.BoolOp):
            before = above.values[: above.values.index(child)]  # type: ignore[arg-type]
            if any(_means_training(source, value, isinstance(above.op, ast.And)) for value in before):
                return True
        if isinstance(child, ast.stmt) and _evaluation_has_left(source, child, above):
            return True
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return False
        child = above
    return False


def _evaluation_has_left(source: Source, child: ast.stmt, above: ast.AST) -> bool:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and child in block:
            for before in block[: block.index(child)]:
                if isinstance(before, ast.If):
                    if isinstance(before.body[-1], _LEAVES) and _means_training(source, before.test, False):
                        return True
                    if before.orelse and isinstance(before.orelse[-1], _LEAVES):
                        if _means_training(source, before.test, True):
                            return True
    return False


def _means_training(source: Source, test: ast.expr, holds: bool) -> bool:
    """Whether the model is certainly in train mode if ``test`` comes out as ``holds``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _means_training(source, test.operand, not holds)
    if isinstance(test, ast.BoolOp):
        parts = (_means_training(source, value, holds) for value in test.values)
        return any(parts) if isinstance(test.op, ast.And) == holds else all(parts)
    if isinstance(test, ast.Name):
        bindings = names_of(source).bindings(test)
        if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGNMENT or bindings[0].value is None:
            return False
        return not isinstance(bindings[0].value, ast.Name) and _means_training(source, bindings[0].value, holds)
    return holds and isinstance(test, ast.Attribute) and ast.unparse(test) == "self.training"
