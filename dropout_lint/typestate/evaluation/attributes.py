"""What an attribute resolves to: of an object, a class, a module of the project, something that a library defines."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from dropout_lint.knowledge.torch_api import canonical
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import attribute_of, one_of, part_of
from dropout_lint.typestate.domain.collections import is_closed
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.modes import Mode
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    Dummy,
    FunctionValue,
    Modeless,
    ObjectKind,
    Union,
    Unknown,
    Value,
)

_FLAGS: Mapping[Mode, Value] = {Mode.TRAIN: Const(True), Mode.EVAL: Const(False)}
_WRAPPED = frozenset({"module", "_orig_mod"})
_PROPERTIES = frozenset({"property", "cached_property"})
_ACCESSORS = frozenset({"setter", "deleter"})


class Attributes:
    """Looks attributes up for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def value(self, value: Value, name: str, node: ast.expr, state: State, frame: Frame) -> Value:
        """What ``value.name`` resolves to."""
        if isinstance(value, AbstractObject):
            return self._of_object(value, name, node, state, frame)
        if isinstance(value, Union):
            return one_of((self.value(one, name, node, state, frame) for one in value.items), each=value.each)
        if isinstance(value, Dotted):
            dotted = attribute_of(value, name)
            if dotted is None:
                return UNKNOWN
            found = self._evaluator.dotted(value.source, canonical(dotted))
            return self._evaluator.imported(found, state) if isinstance(found, Dotted) else found
        if isinstance(value, ClassValue):
            method = value.facts.method(name)
            if method is None:
                held = self._of_class(value.facts, name, state)
                return UNKNOWN if isinstance(held, Const) and isinstance(held.value, bool) else held  # a setting
            owner, function = method
            bound = value if has_decorator(function, ("classmethod",)) else None
            return FunctionValue(owner.source, function, owner, bound)
        return value if isinstance(value, (Dummy, Modeless, Unknown)) else UNKNOWN

    def _of_object(self, obj: AbstractObject, name: str, node: ast.expr, state: State, frame: Frame) -> Value:
        stored = state.get(obj, name)
        if stored is not None:
            return stored
        if obj.kind is ObjectKind.MODULE and name in _WRAPPED and (obj.facts is None or not obj.facts.stores(name)):
            return obj  # of DataParallel and its kin, which we take for the model itself
        if obj.facts is not None:
            method = obj.facts.method(name)
            if method is not None:
                owner, function = method
                if has_decorator(function, ("staticmethod",)):
                    return FunctionValue(owner.source, function, owner)
                if has_decorator(function, _ACCESSORS):
                    return UNKNOWN  # the last of a property's three definitions, and seldom the one that is read
                bound = FunctionValue(
                    owner.source, function, owner, ClassValue(obj.facts) if _is_classmethod(function) else obj
                )
                if has_decorator(function, _PROPERTIES):
                    return self._evaluator.call_function(bound, AbstractArguments.of(), node, state, frame)
                return bound
            if obj.kind is not ObjectKind.MODULE or name != "training":
                return self._of_class(obj.facts, name, state)
        if obj.kind is ObjectKind.MODULE and name == "training":
            return _FLAGS.get(state.mode(obj).mode, UNKNOWN)
        if obj.kind is ObjectKind.MODULE:
            return part_of(obj, name)
        if name == "__dict__":
            state.havoc([obj])
        if is_closed(obj, state):
            return Const(None)  # an exception, but whoever asks for a rate gets none
        return UNKNOWN

    def _of_class(self, found: ClassModel, name: str, state: State) -> Value:
        """What the class itself holds as ``name``: stored by a function, or by its body."""
        for facts in found.ancestry:
            held = state.shared.get((facts.source.filename, f"{facts.node.name}.{name}"))
            if held is not None:
                return held
            written = _written_in_body(facts)
            if name in written:
                value = written[name]
                if not isinstance(value, (ast.Constant, ast.Call, ast.Dict)):
                    return UNKNOWN
                made = self._evaluator.evaluated_at_top(value, facts.source, state)
                if not isinstance(value, ast.Constant):
                    self.store_in_class(facts, name, made, state)
                return made
        return UNKNOWN

    def store_in_class(self, facts: ClassModel, name: str, value: Value, state: State) -> None:
        """``Net.name = value``, or ``cls.name = value`` in a class method."""
        state.share(facts.source.filename, f"{facts.node.name}.{name}", value)


class _ClassBodies(Table[ast.AST, "Mapping[str, ast.expr | None]"]):
    """What the bodies of the classes of a file give their names."""


def _written_in_body(facts: ClassModel) -> Mapping[str, ast.expr | None]:
    """What the body of a class itself gives its names, for each the first."""
    known = facts.source.extension(_ClassBodies)
    if facts.node not in known:
        written: dict[str, ast.expr | None] = {}
        for statement in facts.node.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
                    if isinstance(target, ast.Name):
                        written.setdefault(target.id, statement.value)
        known[facts.node] = written
    return known[facts.node]


def has_decorator(function: ast.FunctionDef | ast.AsyncFunctionDef, names: Iterable[str]) -> bool:
    """Whether ``function`` is decorated by one of ``names``, however it is imported."""
    return any((last_name(decorator) or "") in names for decorator in function.decorator_list)


def _is_classmethod(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return has_decorator(function, ("classmethod",))
