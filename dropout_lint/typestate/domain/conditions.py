"""What is known of conditions, ``isinstance`` among them: a branch that cannot be taken is not analysed."""

from __future__ import annotations

import ast

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.typestate.domain.library_facts import WRAPPERS, is_layer
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    Tuple_,
    Union,
    Value,
    alternatives,
    objects,
)


def truth(value: Value) -> bool | None:
    """Whether ``value`` counts as true; None if it is not known."""
    if isinstance(value, Union):
        outcomes = {truth(item) for item in value.items}
        return outcomes.pop() if len(outcomes) == 1 else None
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, (FunctionValue, ClassValue)) or (
        isinstance(value, AbstractObject) and value.kind is not ObjectKind.LIST
    ):
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
        if all(isinstance(one, AbstractObject) for one in alternatives(left)):
            if isinstance(operator, ast.Is):
                return Const(False)
            if isinstance(operator, ast.IsNot):
                return Const(True)
    return UNKNOWN


def wrap(value: Value, state: State) -> None:
    """Note that ``value`` may be inside a wrapper that we take for the model itself: of its class it is then not."""
    for obj in objects(value):
        state.store(obj, Slot.IS_WRAPPED, Const(True))


def instance_of(value: Value, wanted: Value, state: State) -> Value:
    """What ``isinstance(value, wanted)`` comes to, where ``value`` is a module."""
    outcomes = {_is_one_of(item, wanted, state) for item in alternatives(value)}
    outcome = outcomes.pop() if len(outcomes) == 1 else None
    return UNKNOWN if outcome is None else Const(outcome)


def _is_one_of(value: Value, wanted: Value, state: State) -> bool | None:
    if not isinstance(value, AbstractObject) or value.kind is not ObjectKind.MODULE or value.parent is not None:
        return None  # a part that nobody was seen to store may be a tensor
    if isinstance(wanted, Tuple_):
        outcomes = {_is_one_of(value, item, state) for item in wanted.items}
        return True if True in outcomes else None if None in outcomes else False
    if isinstance(wanted, Dotted) and wanted.name == "torch.nn.Module":
        return True
    if state.get(value, Slot.IS_WRAPPED) is not None or _stands_for_others(value, state):
        return None
    if isinstance(wanted, ClassValue):
        return None if value.facts is None else _is_of_class(value, value.facts, wanted.facts)
    if isinstance(wanted, Dotted) and is_layer(wanted.name) and wanted.name not in WRAPPERS:
        if value.library == wanted.name or (value.facts is not None and wanted.name in value.facts.library_bases):
            return True
        return False if value.facts is not None and value.facts.is_closed and _is_made(value) else None
    return None


def _is_of_class(obj: AbstractObject, own: ClassModel, wanted: ClassModel) -> bool | None:
    if wanted in own.ancestry:
        return True
    # A file that is read twice has each of its classes twice; a `Protocol` asks for methods, not for bases.
    if any(each.node.name == wanted.node.name for each in own.ancestry) or not (wanted.is_module or wanted.is_closed):
        return None
    return False if own.is_closed and _is_made(obj) else None


def _is_made(obj: AbstractObject) -> bool:
    """Whether a call was seen to make it: the receiver of a method may be of a class that derives from its own."""
    return isinstance(obj.node, ast.Call)


def _stands_for_others(obj: AbstractObject, state: State) -> bool:
    """Whether it is an element of a list: a list of modules keeps only those whose mode matters."""
    return any(Slot.ELEMENTS in held and obj in objects(held[Slot.ELEMENTS]) for held in state.attributes.values())
