"""What is known of conditions: a branch that cannot be taken is not analysed."""

from __future__ import annotations

import ast

from dropout_lint.typestate.values import UNKNOWN, Class, Const, Function, Kind, Many, Obj, Value, alternatives, objects


def truth(value: Value) -> bool | None:
    """Whether ``value`` counts as true; None if it is not known."""
    if isinstance(value, Many):
        outcomes = {truth(item) for item in value.items}
        return outcomes.pop() if len(outcomes) == 1 else None
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, (Function, Class)) or (isinstance(value, Obj) and value.kind is not Kind.LIST):
        return True
    return None


def compared(operator: ast.cmpop, left: Value, right: Value) -> Value:
    """What ``left operator right`` comes to."""
    if isinstance(left, Const) and isinstance(right, Const):
        if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) and None in (left.value, right.value):
            return Const(False)  # an exception: what stands under this condition does not happen
        if isinstance(operator, (ast.Eq, ast.Is)):
            return Const(left.value == right.value)
        if isinstance(operator, (ast.NotEq, ast.IsNot)):
            return Const(left.value != right.value)
    if isinstance(right, Const) and right.value is None and objects(left):
        if all(isinstance(one, Obj) for one in alternatives(left)):
            if isinstance(operator, ast.Is):
                return Const(False)
            if isinstance(operator, ast.IsNot):
                return Const(True)
    return UNKNOWN
