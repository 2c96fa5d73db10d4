"""Parameters that are frozen: ``requires_grad = False``, for all of a module, or for those of certain names.

A layer counts as frozen if it is on some path: who freezes under a flag wants what follows to be right with the flag
set.  What a program also sets free is not counted, as a network is that takes turns with another one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.conditions import truth
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, origin_at
from dropout_lint.typestate.domain.modes import Layers, OriginKind
from dropout_lint.typestate.domain.slots import Item, Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    AbstractObject,
    Const,
    ObjectKind,
    ParameterList,
    Value,
    objects,
)
from dropout_lint.typestate.models.parameter_names import ANY_INDEX, ANY_LAYER, selection_around

_ALL_PARTS = frozenset({"*", "[]"})  # what `children()` and a loop over a container yield
_HEADS = frozenset({"fc", "classifier", "head", "heads", "last_linear"})
"""What models of libraries call their last layers, which have no batch norm."""


def set_requires_grad(
    parameters: ParameterList, flag: Value, node: ast.expr, state: State, frame: Frame, evaluator: Evaluator
) -> None:
    """``parameter.requires_grad = flag``, or the like, at ``node``: for one after the other of ``parameters``."""
    selection = selection_around(node, frame.source)
    wanted = truth(flag)
    given = _assigned(node, frame.source) if wanted is None else None
    recorder = evaluator.recorder
    for owner in parameters.owners:
        whole = owner.parent if owner.part in _ALL_PARTS and owner.parent is not None else owner
        if not selection.conditions and wanted is not None:
            state.store(whole, Slot.IS_FROZEN, Const(not wanted))
        for layer, path in _layers(whole, state, evaluator.dependent):
            is_meant = {selection.reaches(name) for name in _parameters_of(layer, path)}
            if is_meant == {False}:
                continue
            value = wanted if given is None else selection.value(given, f"{path}.weight")
            if value is False and is_meant == {True}:
                state.store(layer, Slot.IS_FROZEN, Const(True))
                origin = origin_at(OriginKind.FROZEN, node, state, frame)
                recorder.frozen_at.setdefault(layer, origin)
            else:
                _set_free(layer, value, state, evaluator)
        if whole.parent is not None and wanted is not False and whole.part not in _HEADS:
            recorder.set_free.update(whole.wholes())  # what is in this part of a library's model, nobody knows


def _set_free(layer: AbstractObject, value: bool | None, state: State, evaluator: Evaluator) -> None:
    """Its parameters are trained from here on, or nobody knows."""
    if value is None or any(state.get(each, Slot.IS_FROZEN) is not None for each in (layer, *layer.wholes())):
        evaluator.recorder.set_free.add(layer)
    state.store(layer, Slot.IS_FROZEN, Const(False))


def _layers(
    whole: AbstractObject, state: State, dependent: Mapping[AbstractObject, Layers]
) -> Iterator[tuple[AbstractObject, str]]:
    """The modules in ``whole`` whose mode matters, itself among them, with the names under which it knows them."""
    todo, seen = [(whole, "")], set[AbstractObject]()
    while todo:
        obj, path = todo.pop()
        if obj in seen:
            continue
        seen.add(obj)
        if any(each in dependent for each in (obj, *obj.wholes())):
            yield obj, path
        for key, value in state.held(obj).items():
            name = key if isinstance(key, str) else str(key.key) if isinstance(key, Item) else ANY_INDEX
            if isinstance(key, Slot) and key is not Slot.ELEMENTS:
                continue
            parts = [part for part in objects(value) if part.kind is ObjectKind.MODULE]
            todo += [(part, f"{path}.{name}".removeprefix(".")) for part in parts]


def _parameters_of(layer: AbstractObject, path: str) -> tuple[str, ...]:
    inner = "" if layer.library.startswith("torch.nn.") else f".{ANY_LAYER}"
    return tuple(f"{path}{inner}.{name}".removeprefix(".") for name in ("weight", "bias"))


def _assigned(node: ast.expr, source: SourceFile) -> ast.expr | None:
    """The expression for the flag, if ``node`` is what it is assigned to."""
    statement = next(source.ancestors(node), None)
    return statement.value if isinstance(statement, ast.Assign) else None
