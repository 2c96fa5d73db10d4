"""New abstract objects: modules as a constructor leaves them, what containers are filled with, deep copies."""

from __future__ import annotations

import ast
from dataclasses import replace

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of, tuple_of
from dropout_lint.typestate.domain.collections import element_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, origin_at
from dropout_lint.typestate.domain.modes import Layers, Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.slots import Slot, item_at
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    AbstractObject,
    ObjectKind,
    Tuple_,
    Union,
    Unknown,
    Value,
    made_object,
    objects,
)
from dropout_lint.typestate.models import mode_dependence


def new_module(
    node: ast.Call, state: State, frame: Frame, *, facts: ClassModel | None = None, library: str = ""
) -> AbstractObject:
    """A module made at ``node``, fresh and in train mode."""
    obj = made_object(ObjectKind.MODULE, frame.source, node, frame.stack, facts, library)
    state.forget(obj)
    state.set_own_mode(obj, ModeFact(Mode.TRAIN, (origin_at(OriginKind.MADE, node, state, frame),)))
    return obj


def depends_on_mode(obj: AbstractObject, layers: Layers, state: State, evaluator: Evaluator) -> None:
    """Note that ``obj`` works differently in the two modes."""
    evaluator.dependent[obj] = layers
    mode_dependence.made_one(state)


def fill(obj: AbstractObject, arguments: AbstractArguments, state: State) -> None:
    """Let the container ``obj`` hold what it is made of: modules, a list of them, or a dictionary."""
    for index, value in enumerate(arguments.positional):
        if isinstance(value, AbstractObject) and value.kind is ObjectKind.LIST:
            for key, held in state.held(value).items():
                if key is not Slot.ELEMENTS:
                    state.store(obj, key, held)
            value = element_of(value, state)
        else:
            state.store(obj, item_at(index), value)
        for part in objects(value):
            state.add_element(obj, part)


def deep_copy(obj: AbstractObject, node: ast.Call, state: State, frame: Frame, evaluator: Evaluator) -> AbstractObject:
    """A deep copy: in the modes of the original, and from then on a thing of its own."""
    copied: dict[AbstractObject, AbstractObject] = {}
    for held in state.reachable(obj):
        twin = made_object(held.kind, held.source, node, (*frame.stack, held.node), held.facts, held.library)
        copied[held] = twin
        state.forget(twin)
        if held.kind is ObjectKind.MODULE:
            state.set_own_mode(twin, state.mode(held))
            evaluator.recorder.copies[twin] = held
        if held in state.trained_or_loaded:
            state.mark_trained_or_loaded([twin])
        if held in evaluator.recorder.trained:
            evaluator.recorder.trained.add(twin)
        if held in evaluator.dependent:
            depends_on_mode(twin, evaluator.dependent[held], state, evaluator)
    for held, twin in copied.items():
        for name, value in state.held(held).items():
            state.store(twin, name, _replaced(value, copied))
    return copied[obj]


def _replaced(value: Value, copied: dict[AbstractObject, AbstractObject]) -> Value:
    if isinstance(value, Unknown):
        return replace(value, holds=tuple([copied.get(obj, obj) for obj in value.holds]))
    if isinstance(value, AbstractObject):
        return copied.get(value, value)
    if isinstance(value, Tuple_):
        return tuple_of(_replaced(item, copied) for item in value.items)
    if isinstance(value, Union):
        return one_of([_replaced(item, copied) for item in value.items], each=value.each)
    return value
