"""What an expression stands for, in a state that evaluating it may change."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dropout_lint.torch_names import canonical
from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    DUMMY,
    INERT,
    UNKNOWN,
    Class,
    Const,
    Dotted,
    Function,
    Inert,
    Kind,
    Many,
    Obj,
    Parameters,
    Tuple_,
    Value,
    alternatives,
    made_object,
    objects,
    one_of,
    part_of,
)

if TYPE_CHECKING:
    from dropout_lint.typestate.interpreter import Interpreter

_PROPERTIES = frozenset({"property", "cached_property"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class Expressions:
    """Evaluates expressions for an `Interpreter`."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def value(self, node: ast.expr | None, state: State, frame: Frame) -> Value:
        """What ``node`` stands for."""
        if node is None:
            return Const(None)
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is not None:
            found: Value = method(node, state, frame)
            return found
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, state, frame)
        return UNKNOWN

    def _Constant(self, node: ast.Constant, state: State, frame: Frame) -> Value:
        literal = node.value
        return Const(literal) if literal is None or isinstance(literal, (bool, int, float, str)) else UNKNOWN

    def _Name(self, node: ast.Name, state: State, frame: Frame) -> Value:
        return self._interpreter.names.value(node.id, state, frame)

    def _Attribute(self, node: ast.Attribute, state: State, frame: Frame) -> Value:
        return self.attribute(self.value(node.value, state, frame), node.attr, node, state, frame)

    def attribute(self, value: Value, name: str, node: ast.expr, state: State, frame: Frame) -> Value:
        """What ``value.name`` stands for."""
        if isinstance(value, Many):
            return one_of(
                (self.attribute(one, name, node, state, frame) for one in _ordered(value.items)), each=value.each
            )
        if isinstance(value, Obj):
            return self._of_object(value, name, node, state, frame)
        if isinstance(value, Dotted):
            return self._interpreter.names.dotted(value.source, canonical(f"{value.name}.{name}"))
        if isinstance(value, Class):
            method = value.facts.method(name)
            if method is None:
                return UNKNOWN
            owner, function = method
            bound = value if _has_decorator(function, ("classmethod",)) else None
            return Function(owner.source, function, owner, bound)
        return DUMMY if value is DUMMY else INERT if isinstance(value, Inert) else UNKNOWN

    def _of_object(self, obj: Obj, name: str, node: ast.expr, state: State, frame: Frame) -> Value:
        stored = state.get(obj, name)
        if stored is not None:
            return stored
        if obj.kind is Kind.MODULE and name == "module" and (obj.facts is None or not obj.facts.stores("module")):
            return obj  # of DataParallel and its kin, which we take for the model itself
        if obj.facts is not None:
            method = obj.facts.method(name)
            if method is not None:
                owner, function = method
                if _has_decorator(function, ("staticmethod",)):
                    return Function(owner.source, function, owner)
                bound = Function(owner.source, function, owner, Class(obj.facts) if _is_classmethod(function) else obj)
                if _has_decorator(function, _PROPERTIES):
                    return self._interpreter.call_function(bound, [], {}, node, state, frame)
                return bound
            return self._class_constant(obj, name)
        if obj.kind is Kind.MODULE:
            return part_of(obj, name)
        return UNKNOWN

    def _class_constant(self, obj: Obj, name: str) -> Value:
        assert obj.facts is not None
        for facts in obj.facts.ancestry:
            for statement in facts.node.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                if isinstance(statement, ast.AnnAssign):
                    targets = [statement.target]
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        value = statement.value  # type: ignore[attr-defined]
                        return Const(value.value) if isinstance(value, ast.Constant) else UNKNOWN  # type: ignore[arg-type]
        return UNKNOWN

    def _Call(self, node: ast.Call, state: State, frame: Frame) -> Value:
        return self._interpreter.calls.call(node, state, frame)

    def _Tuple(self, node: ast.Tuple, state: State, frame: Frame) -> Value:
        values = [self.value(part, state, frame) for part in node.elts]
        if any(isinstance(part, ast.Starred) for part in node.elts):
            return self.new_list(node, values, state, frame)
        return Tuple_(tuple(values))

    def _List(self, node: ast.List | ast.Set, state: State, frame: Frame) -> Value:
        return self.new_list(node, [self.value(part, state, frame) for part in node.elts], state, frame)

    _Set = _List

    def _Dict(self, node: ast.Dict, state: State, frame: Frame) -> Value:
        values = [self.value(part, state, frame) for part in node.values]
        made = self.new_list(node, values, state, frame)
        for key, value in zip(node.keys, values):
            if isinstance(key, ast.Constant):
                state.store(made, f"[{key.value!r}]", value)
        return made

    def new_list(self, node: ast.expr, values: list[Value], state: State, frame: Frame) -> Obj:
        """A list made at ``node`` that holds ``values``."""
        made = made_object(Kind.LIST, frame.source, node, frame.stack)
        state.forget(made)
        if values:
            state.store(made, "[]", one_of(values, each=True))
        return made

    def _Starred(self, node: ast.Starred, state: State, frame: Frame) -> Value:
        return self.element(self.value(node.value, state, frame), state)

    def element(self, value: Value, state: State) -> Value:
        """What a loop over ``value`` yields."""
        if isinstance(value, Tuple_):
            return one_of(value.items, each=True) if value.items else UNKNOWN
        if isinstance(value, Many):
            return one_of(self.element(one, state) for one in _ordered(value.items))
        if isinstance(value, Parameters):
            return value
        if isinstance(value, Obj):
            held = state.get(value, "[]")
            if held is not None:
                return held
            if value.kind is Kind.MODULE:
                return part_of(value, "[]")
        return DUMMY if value is DUMMY else UNKNOWN

    def _Subscript(self, node: ast.Subscript, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        if isinstance(node.slice, ast.Slice):
            return value if isinstance(value, Obj) or value is DUMMY else UNKNOWN
        index = self.value(node.slice, state, frame)
        return self.item(value, index, state)

    def item(self, value: Value, index: Value, state: State) -> Value:
        """What ``value[index]`` stands for."""
        if isinstance(value, Tuple_):
            if isinstance(index, Const) and isinstance(index.value, int):
                if -len(value.items) <= index.value < len(value.items):
                    return value.items[index.value]
            return one_of(value.items) if value.items else UNKNOWN
        if isinstance(value, Obj) and isinstance(index, Const):
            held = state.get(value, f"[{index.value!r}]")
            if held is not None:
                return held
        if isinstance(value, Obj) and value.kind is Kind.LIST and state.get(value, "[]") is None:
            return UNKNOWN
        found = self.element(value, state)
        return Many(found.items) if isinstance(found, Many) else found

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
        if isinstance(node.op, ast.Add) and isinstance(left, Obj) and isinstance(right, Obj):
            return self.new_list(node, [self.element(left, state), self.element(right, state)], state, frame)
        return DUMMY if DUMMY in (left, right) else UNKNOWN

    def _Compare(self, node: ast.Compare, state: State, frame: Frame) -> Value:
        left = self.value(node.left, state, frame)
        rights = [self.value(part, state, frame) for part in node.comparators]
        if len(rights) != 1:
            return UNKNOWN
        return _compared(node.ops[0], left, rights[0])

    def _Lambda(self, node: ast.Lambda, state: State, frame: Frame) -> Value:
        return Function(frame.source, node, frame.owner, None, {**frame.closure, **state.local}, frame.node)

    def _NamedExpr(self, node: ast.NamedExpr, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        self._interpreter.names.bind(node.target, value, state, frame)
        return value

    def _Await(self, node: ast.Await, state: State, frame: Frame) -> Value:
        return self.value(node.value, state, frame)

    def _Yield(self, node: ast.Yield | ast.YieldFrom, state: State, frame: Frame) -> Value:
        value = self.value(node.value, state, frame)
        if isinstance(node, ast.YieldFrom):
            value = self.element(value, state)
        state.add_element(self._interpreter.yielded(frame), value)
        return UNKNOWN

    _YieldFrom = _Yield

    def _comprehension(self, node: ast.expr, state: State, frame: Frame) -> Value:
        assert isinstance(node, _COMPREHENSIONS)
        around, local = frame.loops, dict(state.local)
        for generator in node.generators:
            element = self.element(self.value(generator.iter, state, frame), state)
            self._interpreter.names.bind(generator.target, element, state, frame)
            frame.loops = (*frame.loops, node)
            for test in generator.ifs:
                self.value(test, state, frame)
        if isinstance(node, ast.DictComp):
            self.value(node.key, state, frame)
            element = self.value(node.value, state, frame)
        else:
            element = self.value(node.elt, state, frame)
        frame.loops = around
        made = made_object(Kind.LIST, frame.source, node, frame.stack)
        state.local = {**local, **{name: state.local[name] for name in local if name in state.local}}
        if isinstance(element, Parameters):
            return element
        state.store(made, "[]", element)
        return made

    _ListComp = _SetComp = _GeneratorExp = _DictComp = _comprehension


def truth(value: Value) -> bool | None:
    """Whether ``value`` counts as true; None if it is not known."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, (Function, Class)) or (isinstance(value, Obj) and value.kind is not Kind.LIST):
        return True
    return None


def _compared(operator: ast.cmpop, left: Value, right: Value) -> Value:
    if isinstance(left, Const) and isinstance(right, Const):
        if isinstance(operator, (ast.Eq, ast.Is)):
            return Const(left.value == right.value)
        if isinstance(operator, (ast.NotEq, ast.IsNot)):
            return Const(left.value != right.value)
    if isinstance(right, Const) and right.value is None and next(objects(left), None) is not None:
        if all(isinstance(one, Obj) for one in alternatives(left)):
            if isinstance(operator, ast.Is):
                return Const(False)
            if isinstance(operator, ast.IsNot):
                return Const(True)
    return UNKNOWN


def _has_decorator(function: ast.FunctionDef | ast.AsyncFunctionDef, names: Iterable[str]) -> bool:
    for decorator in function.decorator_list:
        last = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", None)
        if last is not None and last in names:
            return True
    return False


def _is_classmethod(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return _has_decorator(function, ("classmethod",))


def _ordered(values: Iterable[Value]) -> list[Value]:
    """In the order of the text: sets have none of their own."""
    return sorted(values, key=lambda value: (getattr(getattr(value, "node", None), "lineno", 0), repr(value)))
