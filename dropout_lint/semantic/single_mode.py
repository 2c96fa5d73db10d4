"""Does code certainly run in one mode only, and is a value certainly true in one mode only?

`mode_guards` asks whether something may depend on the mode.  This is for the way that leads to a method, where a doubt
is no reason to be silent, and for gates the wrong way round, which have to be certain.
"""

from __future__ import annotations

import ast

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.preceding import Preceding
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MOST_STEPS = 12  # of names that stand for conditions, and an end for those that stand for themselves


def runs_in_training_only(source: SourceFile, node: ast.AST) -> bool:
    """Whether conditions around or before ``node``, in its function, ask for ``self.training`` and let it run only if
    that is true.
    """
    return source.extension(_in_training).holds(node)


def runs_in_evaluation_only(source: SourceFile, node: ast.AST) -> bool:
    """Whether they let it run only if ``self.training`` is false."""
    return source.extension(_in_evaluation).holds(node)


def mode_where(source: SourceFile, test: ast.expr, holds: bool) -> bool | None:
    """The value of ``self.training`` that is certain if ``test`` comes out as ``holds``; None if none is."""
    if source.extension(_in_training).follows_from(test, holds):
        return True
    return False if source.extension(_in_evaluation).follows_from(test, holds) else None


def mode_at(source: SourceFile, node: ast.AST) -> bool | None:
    """The value of ``self.training`` that is certain wherever ``node`` runs; None if none is."""
    if runs_in_training_only(source, node):
        return True
    return False if runs_in_evaluation_only(source, node) else None


class SingleMode:
    """Answers for one file and one mode."""

    def __init__(self, source: SourceFile, *, training: bool) -> None:
        self._source = source
        self._training = training
        self._known: dict[ast.AST, bool | None] = {}
        self._tests: dict[tuple[ast.expr, bool, int], bool] = {}
        self._preceding = Preceding(self._other_mode_leaves)

    def holds(self, node: ast.AST) -> bool:
        """Whether ``node`` certainly runs in this mode only."""
        return self._source.first_above(node, self._known, self._decides) or False

    def _decides(self, child: ast.AST, above: ast.AST) -> bool | None:
        """Whether ``above``, or what stands before ``child`` in it, lets ``child`` run in this mode only; None if what
        is further out decides.
        """
        if isinstance(above, (ast.If, ast.IfExp)) and child is not above.test:
            taken = child is above.body if isinstance(above, ast.IfExp) else child in above.body
            if self.follows_from(above.test, taken):
                return True
        elif isinstance(above, ast.BoolOp):
            before = above.values[: above.values.index(child)]  # type: ignore[arg-type]
            if any(self.follows_from(value, isinstance(above.op, ast.And)) for value in before):
                return True
        if isinstance(child, ast.stmt) and self._preceding.stands_before(child, above):
            return True
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return False
        return None

    def _other_mode_leaves(self, before: ast.stmt) -> bool:
        """Whether the other mode certainly does not come past the statement ``before``."""
        if not isinstance(before, ast.If):
            return False
        if isinstance(before.body[-1], _LEAVES) and self.follows_from(before.test, False):
            return True
        ends = before.orelse[-1] if before.orelse else None
        return isinstance(ends, _LEAVES) and self.follows_from(before.test, True)

    def follows_from(self, test: ast.expr, holds: bool, steps: int = _MOST_STEPS) -> bool:
        """Whether the model is certainly in this mode if ``test`` comes out as ``holds``."""
        key = (test, holds, steps)
        if key not in self._tests:
            self._tests[key] = self._find_meaning(test, holds, steps)
        return self._tests[key]

    def _find_meaning(self, test: ast.expr, holds: bool, steps: int) -> bool:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.follows_from(test.operand, not holds, steps)
        if isinstance(test, ast.BoolOp):
            parts = (self.follows_from(value, holds, steps) for value in test.values)
            return any(parts) if isinstance(test.op, ast.And) == holds else all(parts)
        if isinstance(test, ast.Name):
            bindings = names_of(self._source).bindings(test) if steps else ()
            if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGNMENT or bindings[0].value is None:
                return False
            value = bindings[0].value
            return not isinstance(value, ast.Name) and self.follows_from(value, holds, steps - 1)
        return holds == self._training and isinstance(test, ast.Attribute) and ast.unparse(test) == "self.training"


def _in_training(source: SourceFile) -> SingleMode:
    return SingleMode(source, training=True)


def _in_evaluation(source: SourceFile) -> SingleMode:
    return SingleMode(source, training=False)
