"""What an expression resolves to, in a state that evaluating it may change."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache

from dropout_lint.typestate.domain.bounds import one_of, tuple_of
from dropout_lint.typestate.domain.collections import add_all, element_of, item_of, new_list
from dropout_lint.typestate.domain.conditions import compared, truth
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import Slot, item_at
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    DUMMY,
    UNKNOWN,
    AbstractObject,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    ParameterList,
    Tuple_,
    Unknown,
    Value,
    made_object,
)

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class Expressions:
    """Evaluates expressions for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def value(self, node: ast.expr | None, state: State, frame: Frame) -> Value:
        """What ``node`` resolves to."""
        method = _METHODS.get(type(node))
        if method is not None:
            return method(self, node, state, frame)
        if node is None:
            return _constant(None)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, state, frame)
        return UNKNOWN

    def _Constant(self, node: ast.Constant, state: State, frame: Frame) -> Value:
        literal = node.value
        return _constant(literal) if literal is None or isinstance(literal, (bool, int, float, str)) else UNKNOWN

    def _Name(self, node: ast.Name, state: State, frame: Frame) -> Value:
        local = state.local.get(node.id)
        return self._evaluator.name(node.id, state, frame) if local is None else local

    def _Attribute(self, node: ast.Attribute, state: State, frame: Frame) -> Value:
        return self._evaluator.attribute(self.value(node.value, state, frame), node.attr, node, state, frame)

    def _Call(self, node: ast.Call, state: State, frame: Frame) -> Value:
        return self._evaluator.evaluate_call(node, state, frame)

    def _Tuple(self, node: ast.Tuple, state: State, frame: Frame) -> Value:
        values = [self.value(part, state, frame) for part in node.elts]
        if any(isinstance(part, ast.Starred) for part in node.elts):
            return new_list(node, values, state, frame)
        return tuple_of(values)

    def _List(self, node: ast.List | ast.Set, state: State, frame: Frame) -> Value:
        return new_list(node, [self.value(part, state, frame) for part in node.elts], state, frame)

    _Set = _List

    def _Dict(self, node: ast.Dict, state: State, frame: Frame) -> Value:
        values = [self.value(part, state, frame) for part in node.values]
        own = [value for key, value in zip(node.keys, values) if key is not None]
        made = new_list(node, own, state, frame)
        for key, value in zip(node.keys, values):
            if key is None:  # `{**others}`
                add_all(made, value, state)
            elif isinstance(key, ast.Constant):
                state.store(made, item_at(key.value), value)
        return made

    def _Starred(self, node: ast.Starred, state: State, frame: Frame) -> Value:
        return element_of(self.value(node.value, state, frame), state)

    def _Subscript(self, node: ast.Subscript, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        if isinstance(node.slice, ast.Slice):
            return value if isinstance(value, (AbstractObject, Unknown)) or value is DUMMY else UNKNOWN
        index = self.value(node.slice, state, frame)
        if isinstance(value, Dotted) and value.name.endswith(".__dict__"):
            module = Dotted(value.source, value.name.removesuffix(".__dict__"))
            if isinstance(index, Const) and isinstance(index.value, str):
                return self._evaluator.attribute(module, index.value, node, state, frame)
            return self._evaluator.offered(module)
        if value is UNKNOWN and _is_globals(node.value):
            if isinstance(index, Const) and str(index.value).startswith("__"):
                return UNKNOWN  # ``globals()["__file__"]``
            return self._evaluator.offered_by(frame.source)
        return item_of(value, index, state)

    def _IfExp(self, node: ast.IfExp, state: State, frame: Frame) -> Value:
        outcome = truth(self.value(node.test, state, frame))
        if outcome is not None:
            return self.value(node.body if outcome else node.orelse, state, frame)
        other = state.copy()
        values = [self.value(node.body, state, frame), self.value(node.orelse, other, frame)]
        state.join(other)
        return one_of(values)

    def _BoolOp(self, node: ast.BoolOp, state: State, frame: Frame) -> Value:
        wants = isinstance(node.op, ast.And)
        values: list[Value] = []
        for part in node.values:
            value = self.value(part, state, frame)
            outcome = truth(value)
            if outcome is not None and outcome is not wants:
                return value if not values else Const(outcome) if not wants and outcome else value
            if outcome is None:
                values.append(value)
        if not values:
            return value
        return one_of(values) if not wants else UNKNOWN

    def _UnaryOp(self, node: ast.UnaryOp, state: State, frame: Frame) -> Value:
        value = self.value(node.operand, state, frame)
        outcome = truth(value)
        if isinstance(node.op, ast.Not) and outcome is not None:
            return Const(not outcome)
        return DUMMY if value is DUMMY else UNKNOWN

    def _BinOp(self, node: ast.BinOp, state: State, frame: Frame) -> Value:
        left, right = self.value(node.left, state, frame), self.value(node.right, state, frame)
        if isinstance(node.op, ast.Add) and _is_list(left) and _is_list(right):
            return new_list(node, [element_of(left, state), element_of(right, state)], state, frame)
        return DUMMY if DUMMY in (left, right) else UNKNOWN

    def _Compare(self, node: ast.Compare, state: State, frame: Frame) -> Value:
        left = self.value(node.left, state, frame)
        rights = [self.value(part, state, frame) for part in node.comparators]
        if len(rights) != 1:
            return UNKNOWN
        return compared(node.ops[0], left, rights[0])

    def _Lambda(self, node: ast.Lambda, state: State, frame: Frame) -> Value:
        return FunctionValue(frame.source, node, frame.owner, None, {**frame.closure, **state.local}, frame.node)

    def _NamedExpr(self, node: ast.NamedExpr, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        self._evaluator.bind(node.target, value, state, frame)
        return value

    def _Await(self, node: ast.Await, state: State, frame: Frame) -> Value:
        return self.value(node.value, state, frame)

    def _Yield(self, node: ast.Yield | ast.YieldFrom, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        if isinstance(node, ast.YieldFrom):
            value = element_of(value, state)
        if frame.suspension is not None:
            frame.suspension.passes(value, state)
            return UNKNOWN
        state.add_element(self._evaluator.yielded(frame), value)
        return UNKNOWN

    _YieldFrom = _Yield

    def _looped(self, node: ast.expr, state: State, frame: Frame) -> Value:
        assert isinstance(node, _COMPREHENSIONS)
        around, local = frame.loops, dict(state.local)
        for generator in node.generators:
            element = element_of(self.value(generator.iter, state, frame), state)
            self._evaluator.bind(generator.target, element, state, frame)
            frame.loops = (*frame.loops, node)
            for test in generator.ifs:
                self.value(test, state, frame)
        if isinstance(node, ast.DictComp):
            self.value(node.key, state, frame)
            element = self.value(node.value, state, frame)
        else:
            element = self.value(node.elt, state, frame)
        frame.loops = around
        made = made_object(ObjectKind.LIST, frame.source, node, frame.stack)
        state.local = {**local, **{name: state.local[name] for name in local if name in state.local}}
        if isinstance(element, ParameterList):
            return element
        state.store(made, Slot.ELEMENTS, element)
        return made

    _ListComp = _SetComp = _GeneratorExp = _DictComp = _looped


_METHODS: Mapping[type, Callable[..., Value]] = {
    getattr(ast, name[1:]): method for name, method in vars(Expressions).items() if hasattr(ast, name[1:])
}
"""What evaluates each kind of expression; of all others, the parts are evaluated."""

_constant = lru_cache(1000, typed=True)(Const)


def _is_globals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "globals"


def _is_list(value: Value) -> bool:
    return isinstance(value, (ParameterList, Tuple_)) or (
        isinstance(value, AbstractObject) and value.kind is ObjectKind.LIST
    )
