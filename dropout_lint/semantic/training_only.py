"""Does code certainly run in training only?

The must-analysis beside `mode_guards`, which says whether it may.  For calls of methods: there a doubt is no reason to
be silent.
"""

from __future__ import annotations

import ast

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.preceding import Preceding
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MOST_STEPS = 12  # from a name to the condition assigned to it; also the end for names assigned to themselves


def runs_in_training_only(source: SourceFile, node: ast.AST) -> bool:
    """Whether conditions around or before ``node``, in its function, test ``self.training`` and let it run only if
    that is true.
    """
    return source.extension(TrainingOnly).holds(node)


class TrainingOnly:
    """Answers for one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._known: dict[ast.AST, bool | None] = {}
        self._tests: dict[tuple[ast.expr, bool, int], bool] = {}
        self._preceding = Preceding(self._evaluation_leaves)

    def holds(self, node: ast.AST) -> bool:
        """Whether ``node`` certainly runs in training only."""
        return self._source.first_above(node, self._known, self._decides) or False

    def _decides(self, child: ast.AST, above: ast.AST) -> bool | None:
        """Whether ``above``, or what comes before ``child`` in it, lets ``child`` run in training only; None if the
        code around ``above`` decides.
        """
        if isinstance(above, (ast.If, ast.IfExp)) and child is not above.test:
            taken = child is above.body if isinstance(above, ast.IfExp) else child in above.body
            if self._means_training(above.test, taken):
                return True
        elif isinstance(above, ast.BoolOp):
            before = above.values[: above.values.index(child)]  # type: ignore[arg-type]
            if any(self._means_training(value, isinstance(above.op, ast.And)) for value in before):
                return True
        if isinstance(child, ast.stmt) and self._preceding.stands_before(child, above):
            return True
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return False
        return None

    def _evaluation_leaves(self, before: ast.stmt) -> bool:
        """Whether evaluation certainly does not come past the statement ``before``."""
        if not isinstance(before, ast.If):
            return False
        if isinstance(before.body[-1], _LEAVES) and self._means_training(before.test, False):
            return True
        ends = before.orelse[-1] if before.orelse else None
        return isinstance(ends, _LEAVES) and self._means_training(before.test, True)

    def _means_training(self, test: ast.expr, holds: bool, steps: int = _MOST_STEPS) -> bool:
        """Whether the model is certainly in train mode if ``test`` comes out as ``holds``."""
        key = (test, holds, steps)
        if key not in self._tests:
            self._tests[key] = self._find_meaning(test, holds, steps)
        return self._tests[key]

    def _find_meaning(self, test: ast.expr, holds: bool, steps: int) -> bool:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._means_training(test.operand, not holds, steps)
        if isinstance(test, ast.BoolOp):
            parts = (self._means_training(value, holds, steps) for value in test.values)
            return any(parts) if isinstance(test.op, ast.And) == holds else all(parts)
        if isinstance(test, ast.Name):
            bindings = names_of(self._source).bindings(test) if steps else ()
            if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGNMENT or bindings[0].value is None:
                return False
            value = bindings[0].value
            return not isinstance(value, ast.Name) and self._means_training(value, holds, steps - 1)
        return holds and isinstance(test, ast.Attribute) and ast.unparse(test) == "self.training"
