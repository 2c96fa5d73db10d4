"""Constant folding: the value of an expression, through names, arithmetic, class attributes and parameter defaults.

Only what holds on every path is folded: a name counts if it is bound exactly once in its scope.  A default counts if
its parameter is never rebound; a caller that acts on it checks `is_certain` as well, because code that tests a
parameter treats some of its values in another way.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import is_receiver
from dropout_lint.syntax.scopes import Binding, BindingKind, ScopeNode
from dropout_lint.syntax.source import SourceFile

Number = (int, float)  # bool is an int, as it is for torch

_MOST_STEPS = 12  # of names to follow
_MOST_BITS = 1_024  # of an integer; floats have no more either
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_NAMED = {
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "torch.inf": math.inf,
    "torch.nan": math.nan,
}
_CONTAINERS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Origin(Enum):
    """Where a folded value comes from."""

    LITERAL = "literal"  # written at the place itself, arithmetic on literals included
    CONSTANT = "constant"  # of a name bound once: a local, a module or a class constant
    DEFAULT = "default"  # of a parameter: a caller can pass something else


class Container:
    """The value of a list, tuple, dict, set or comprehension: what is in it is not needed."""


class FoldedValue(NamedTuple):
    """A folded value, the expression that spells it, and where it comes from."""

    value: object
    node: ast.expr
    origin: Origin = Origin.LITERAL
    parameter: tuple[str, ScopeNode] | None = None  # of a default: the parameter's name and its function

    @property
    def is_number(self) -> bool:
        """Whether this is an int or a float; True and False are none here."""
        return isinstance(self.value, Number) and not isinstance(self.value, bool)


class ConstantFolder:
    """Folds expressions of one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._folded: dict[tuple[ast.expr, int], FoldedValue | None] = {}
        self._tested: dict[ScopeNode, frozenset[str]] = {}

    def fold(self, expression: ast.expr, steps: int = _MOST_STEPS) -> FoldedValue | None:
        """The value of ``expression``, or None if it is not certain."""
        if steps == 0:
            return None
        if isinstance(expression, ast.Constant):
            return None if _is_too_long(expression.value) else FoldedValue(expression.value, expression)
        # By steps too: names that are made of each other would be tried in every order.
        key = (expression, steps)
        if key not in self._folded:
            self._folded[key] = self._fold(expression, steps)
        return self._folded[key]

    def _fold(self, expression: ast.expr, steps: int) -> FoldedValue | None:
        if isinstance(expression, _CONTAINERS):
            return FoldedValue(Container(), expression)
        if isinstance(expression, ast.UnaryOp):
            return self._fold_unary(expression, steps)
        if isinstance(expression, ast.BinOp):
            return self._fold_binary(expression, steps)
        if isinstance(expression, ast.Name):
            return self._fold_name(expression, steps)
        if isinstance(expression, ast.Attribute):
            return self._fold_attribute(expression, steps)
        if isinstance(expression, ast.Call):
            return self._fold_call(expression)
        return None

    def _fold_unary(self, expression: ast.UnaryOp, steps: int) -> FoldedValue | None:
        operand = self.fold(expression.operand, steps - 1)
        if operand is None or not operand.is_number or not isinstance(operand.value, Number):
            return None
        if isinstance(expression.op, ast.USub):
            return operand._replace(value=-operand.value, node=_spelling(operand, expression))
        return operand if isinstance(expression.op, ast.UAdd) else None

    def _fold_binary(self, expression: ast.BinOp, steps: int) -> FoldedValue | None:
        compute = _ARITHMETIC.get(type(expression.op))
        left, right = self.fold(expression.left, steps - 1), self.fold(expression.right, steps - 1)
        if compute is None or left is None or right is None or not (left.is_number and right.is_number):
            return None
        assert isinstance(left.value, Number)
        assert isinstance(right.value, Number)
        try:
            result = compute(left.value, right.value)
        except (ArithmeticError, ValueError):
            return None
        if _is_too_long(result):
            return None
        weakest = max(left, right, key=lambda value: list(Origin).index(value.origin))
        return FoldedValue(result, _spelling(weakest, expression), weakest.origin, weakest.parameter)

    def _fold_name(self, name: ast.Name, steps: int) -> FoldedValue | None:
        scope, bindings = names_of(self._source).lookup(name.id, name)
        if len(bindings) != 1 or (isinstance(scope, ast.Module) and names_of(self._source).rebound_from_below(name.id)):
            return None
        binding = bindings[0]
        if binding.value is None:
            return None
        if binding.kind is BindingKind.PARAMETER:
            return self._fold_default(name.id, binding, scope, steps)
        if binding.kind is not BindingKind.ASSIGNMENT or self._is_in_loop(binding.node, scope):
            return None
        folded = self.fold(binding.value, steps - 1)
        if folded is None or folded.origin is Origin.DEFAULT:
            return folded
        return folded._replace(origin=Origin.CONSTANT)

    def _fold_default(self, name: str, binding: Binding, scope: ScopeNode, steps: int) -> FoldedValue | None:
        folded = None if binding.value is None else self.fold(binding.value, steps - 1)
        if folded is None or binding.value is None:
            return None
        return FoldedValue(folded.value, binding.value, Origin.DEFAULT, (name, scope))

    def _fold_attribute(self, attribute: ast.Attribute, steps: int) -> FoldedValue | None:
        dotted = names_of(self._source).resolve(attribute)
        if dotted in _NAMED:
            return FoldedValue(_NAMED[dotted], attribute)
        constant = self._class_constant(attribute)
        folded = None if constant is None else self.fold(constant, steps - 1)
        return None if folded is None else folded._replace(origin=Origin.CONSTANT)

    def _fold_call(self, call: ast.Call) -> FoldedValue | None:
        """``float("nan")`` and ``float("inf")``: the only calls whose value is read."""
        if not (
            isinstance(call.func, ast.Name) and call.func.id == "float" and len(call.args) == 1 and not call.keywords
        ):
            return None
        argument = call.args[0]
        if (
            isinstance(argument, ast.Constant)
            and isinstance(argument.value, str)
            and not names_of(self._source).bindings(call.func)
        ):
            try:
                return FoldedValue(float(argument.value), call)
            except ValueError:
                return None
        return None

    def _class_constant(self, attribute: ast.Attribute) -> ast.expr | None:
        """The value of ``self.NAME`` or ``cls.NAME`` if the class body binds NAME once and no method assigns it."""
        if not is_receiver(attribute.value):
            return None
        for above in self._source.ancestors(attribute):
            if isinstance(above, ast.ClassDef):
                bindings = names_of(self._source).bindings_in(above).by_name.get(attribute.attr, ())
                if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGNMENT:
                    return None
                stored = any(
                    isinstance(node, ast.Attribute)
                    and node.attr == attribute.attr
                    and not isinstance(node.ctx, ast.Load)
                    for node in ast.walk(above)
                )
                return None if stored else bindings[0].value
        return None

    def is_nothing(self, expression: ast.expr) -> bool:
        """Whether ``expression`` is certainly 0, False or None: as a rate, it drops nothing."""
        folded = self.fold(expression)
        return folded is not None and folded.origin is not Origin.DEFAULT and not folded.value

    def is_certain(self, value: FoldedValue) -> bool:
        """Whether ``value`` reaches the place it was folded at: True unless it is a default that some condition may
        divert.
        """
        if value.parameter is None:
            return True
        name, scope = value.parameter
        if scope not in self._tested:
            self._tested[scope] = _names_tested(scope)
        return name not in self._tested[scope]

    def _is_in_loop(self, node: ast.AST, scope: ScopeNode) -> bool:
        """A name that is bound once, but in a loop, can differ from turn to turn."""
        for above in self._source.ancestors(node):
            if above is scope:
                return False
            if isinstance(above, (ast.For, ast.AsyncFor, ast.While)):
                return True
        return False


def _spelling(folded: FoldedValue, around: ast.expr) -> ast.expr:
    """A value that is spelt out at the place itself is spelt by the whole expression around it."""
    return around if folded.origin is Origin.LITERAL else folded.node


def _is_too_long(value: object) -> bool:
    """Whether ``value`` is an integer that no rate is, and that takes long to write out or to multiply."""
    return isinstance(value, int) and value.bit_length() > _MOST_BITS


def _names_tested(scope: ScopeNode) -> frozenset[str]:
    """The names in the conditions in ``scope``."""
    parts: dict[ast.AST, None] = {}
    for test in _conditions(scope):
        if test not in parts:  # else it is part of a condition that was searched already
            parts.update(dict.fromkeys(ast.walk(test)))
    return frozenset(part.id for part in parts if isinstance(part, ast.Name))


def _conditions(scope: ScopeNode) -> list[ast.expr]:
    conditions: list[ast.expr] = []
    for node in ast.walk(scope):
        if isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Assert)):
            conditions.append(node.test)
        elif isinstance(node, (ast.BoolOp, ast.Compare)):
            conditions.append(node)
        elif isinstance(node, ast.Match):
            conditions.append(node.subject)
        elif isinstance(node, ast.comprehension):
            conditions.extend(node.ifs)
    return conditions


def constants_of(source: SourceFile) -> ConstantFolder:
    """The constants of ``source``: the same object each time."""
    return source.extension(ConstantFolder)
