"""Layers that are frozen and in train mode all the same: batch norm goes on learning statistics, dropout drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dropout_lint.typestate.domain.library_facts import is_layer
from dropout_lint.typestate.domain.modes import Layers, Mode
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, ObjectKind, alternatives, objects

_YES = Const(True)


def frozen_in_train(
    objs: Iterable[AbstractObject], state: State, dependent: Mapping[AbstractObject, Layers]
) -> tuple[AbstractObject, ...]:
    """The layers of ``objs`` that are in train mode for certain, and whose parameters are frozen on some path.

    Dropout has no parameters.  It counts in a part that was frozen as a whole: what stands before a new last layer is
    there for that layer.
    """
    touched = {
        whole
        for part, fact in state.modes.items()
        if part.parent is not None and not is_layer(part.parent.library) and fact.mode is not Mode.TRAIN
        for whole in part.wholes()
    }
    found: dict[AbstractObject, None] = {}
    seen = set[tuple[AbstractObject, bool]]()
    todo = [(obj, False) for obj in objs]
    while todo:
        part, is_inside = todo.pop()
        if (part, is_inside) in seen or part in touched:
            continue  # somebody put some of its layers in another mode: which, nobody knows
        seen.add((part, is_inside))
        is_frozen = _YES in alternatives(state.get(part, Slot.IS_FROZEN) or UNKNOWN)
        layers = next((dependent[each] for each in (part, *part.wholes()) if each in dependent), None)
        if (is_frozen and layers is Layers.BATCH_NORM) or (
            is_inside
            and layers is Layers.DROPOUT
            and part.parent is None  # where a library's model drops, nobody knows
        ):
            if state.mode(part).mode is Mode.TRAIN:
                found[part] = None
        is_inside |= is_frozen and part not in objs
        for value in state.held(part).values():
            todo += [(inner, is_inside) for inner in objects(value) if inner.kind is ObjectKind.MODULE]
    return tuple(found)
