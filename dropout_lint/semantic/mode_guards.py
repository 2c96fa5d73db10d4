"""Mode guards: is this code, or this value, in effect only in training?

The mode can be tested in any spelling: ``if self.training``, an early ``return``, a boolean parameter, a local that was
computed lines earlier, an enum of stages, a flag such as ``flash = self.p == 0.0``.  So this module does not prove
that something *is* guarded; it says whether it may be, and rules report only where it certainly is not.  ``p > 0`` is
no guard: it is as true in evaluation as in training.  Nor is a switch that every caller leaves on
(`constant_parameters`).
"""

from __future__ import annotations

import ast

from dropout_lint.knowledge.vocabulary import names_mode, names_rate, words_of
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.constant_parameters import ConstantParameters
from dropout_lint.semantic.mode_influence import influence_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import Function, is_receiver, is_zero, last_name
from dropout_lint.syntax.preceding import Preceding
from dropout_lint.syntax.scopes import Binding, BindingKind
from dropout_lint.syntax.source import SourceFile

_OF_RESULTS = frozenset(["return", "output", "need", "needs", "causal", "mask", "with", "has"])
"""The first word of a switch that says what to compute, not in which mode: ``return_attention``."""

_ORDERS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class ModeGuards:
    """Answers for one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._gated: dict[ast.AST, bool | None] = {}
        self._preceding = Preceding(self._may_leave)
        self.influence = influence_of(source)
        self.callers = ConstantParameters(source)

    def may_guard(self, node: ast.AST) -> bool:
        """Whether some condition around or before ``node``, within its function, may keep it from running in
        evaluation.
        """
        return self._source.first_above(node, self._gated, self._decides) or False

    def _decides(self, child: ast.AST, above: ast.AST) -> bool | None:
        """Whether ``above``, or what comes before ``child`` in it, may keep ``child`` from running in evaluation; None
        if the code around ``above`` decides.
        """
        if isinstance(above, (ast.If, ast.While, ast.IfExp)) and child is not above.test:
            taken = child is above.body if isinstance(above, ast.IfExp) else child in above.body
            if self._may_decide(above.test, taken) or (taken and _asks_for_zero_rate(above.test)):
                return True
        elif isinstance(above, ast.BoolOp):
            if any(self._may_ask_mode(value) for value in above.values[: above.values.index(child)]):  # type: ignore[arg-type]
                return True
        elif isinstance(above, ast.Match) and self._may_ask_mode(above.subject):
            return True
        if isinstance(child, ast.stmt) and self._preceding.stands_before(child, above):
            return True
        if isinstance(above, (ast.ClassDef, ast.Module)):
            return False
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and names_mode(above.name):
            return not self._is_run_in_evaluation(above)
        return None

    def _is_run_in_evaluation(self, function: Function) -> bool:
        """Whether it is a method that a library runs in eval mode: ``validation_step``."""
        parent = self._source.parent(function)
        if not isinstance(parent, ast.ClassDef):
            return False
        bases = classes_of(self._source).facts(parent).library_bases
        return self._source.knowledge.runs_in_eval(bases, function.name)

    def depends_on_mode(self, expression: ast.expr) -> bool:
        """Whether the value of ``expression`` may differ between training and evaluation."""
        return self.influence.reaches(expression)

    def _may_ask_mode(self, test: ast.expr) -> bool:
        """Whether ``test`` may come out differently in training and evaluation, for all that can be seen."""
        if isinstance(test, ast.BoolOp):
            return any(self._may_ask_mode(value) for value in test.values if self.callers.truth(value) is None)
        if self.depends_on_mode(test):
            return True
        return any(self._is_unknown_switch(part) or self._is_rate_flag(part) for part in _truth_values(test))

    def _may_decide(self, test: ast.expr, taken: bool) -> bool:
        """Whether ``test`` may keep a branch from running in evaluation; ``taken``: the branch runs if it is true."""
        known = self.callers.truth(test)
        return self._may_ask_mode(test) if known is None else known is not taken

    def _is_unknown_switch(self, part: ast.expr) -> bool:
        """A parameter that is tested for truth: the callers may pass the mode in it."""
        if not isinstance(part, ast.Name) or words_of(part.id)[0] in _OF_RESULTS:
            return False
        return any(
            binding.kind is BindingKind.PARAMETER and (_is_flag(binding) or not names_rate(part.id))
            for binding in names_of(self._source).bindings(part)
        )

    def _is_rate_flag(self, part: ast.expr) -> bool:
        """A flag that was computed from a rate, such as ``self.flash = self.dropout == 0.0``."""
        if isinstance(part, ast.Attribute) and is_receiver(part.value):
            around = classes_of(self._source).around(part)
            stores = () if around is None else around[0].stores(part.attr)
            return any(_compares_rate(store.value) for _, store in stores if store.value is not None)
        if isinstance(part, ast.Name):
            return any(
                _compares_rate(binding.value)
                for binding in names_of(self._source).bindings(part)
                if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None
            )
        return False

    def _may_leave(self, statement: ast.stmt) -> bool:
        """Whether ``statement`` may leave its block in one mode and not in the other: ``if not self.training: return
        x``.
        """
        if isinstance(statement, ast.Assert):
            return self._may_ask_mode(statement.test)
        if not isinstance(statement, ast.If):
            return False
        branches = [(True, statement.body), (False, statement.orelse)]
        leaving = [taken for taken, block in branches if block and isinstance(block[-1], _LEAVES)]
        known = self.callers.truth(statement.test)
        return known in leaving if known is not None else bool(leaving) and self._may_ask_mode(statement.test)


def _is_flag(parameter: Binding) -> bool:
    """Whether ``parameter`` may be a switch although its name is that of a rate: ``dropout: bool``, ``drop=True``."""
    annotation = getattr(parameter.node, "annotation", None)
    if isinstance(parameter.value, ast.Constant) or annotation is None:
        return parameter.value is None or isinstance(getattr(parameter.value, "value", None), bool)
    return isinstance(annotation, ast.Name) and annotation.id == "bool"


def _truth_values(test: ast.expr) -> list[ast.expr]:
    """The names and attributes in ``test`` that are taken for true or false, or compared with a constant other than
    None.
    """
    if isinstance(test, ast.BoolOp):
        return [part for value in test.values for part in _truth_values(value)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _truth_values(test.operand)
    if isinstance(test, ast.Compare):
        if all(isinstance(operator, _ORDERS) for operator in test.ops) and _names_rate(test.left):
            return []  # `p > 0` is no flag, whatever `p` may be
        against = [side.value for side in test.comparators if isinstance(side, ast.Constant)]
        return [test.left] if against and None not in against else []
    return [test] if isinstance(test, (ast.Name, ast.Attribute)) else []


def _compares_rate(expression: ast.expr) -> bool:
    """Whether ``expression`` tests whether a rate is zero."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Compare) and any(is_zero(side) for side in node.comparators) and _names_rate(node.left):
            return True
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and _names_rate(node.operand):
            return True
    return False


def _asks_for_zero_rate(test: ast.expr) -> bool:
    """Whether ``test`` holds only when a rate is zero: what it guards drops nothing."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_asks_for_zero_rate(value) for value in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _names_rate(test.operand)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.LtE, ast.Is)):
        return is_zero(test.comparators[0]) and _names_rate(test.left)
    return False


def _names_rate(expression: ast.expr) -> bool:
    return names_rate(last_name(expression) or "")


def guards_of(source: SourceFile) -> ModeGuards:
    """What in ``source`` depends on the mode: the same object each time."""
    return source.extension(ModeGuards)
