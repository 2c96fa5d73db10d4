"""What lists, tuples and dictionaries hold: one joined value, and single ones where the index is known."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dropout_lint.typestate.bounds import one_of, part_of, tuple_of
from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    UNKNOWN,
    Const,
    Dummy,
    Kind,
    Many,
    Obj,
    Parameters,
    Tuple_,
    Unknown,
    Value,
    alternatives,
    made_object,
)

_CLOSED = "<closed>"  # no name of a program; a constant under it is forgotten when its holder is lost


def new_list(node: ast.expr, values: list[Value], state: State, frame: Frame) -> Obj:
    """A list made at ``node`` that holds ``values``."""
    made = made_object(Kind.LIST, frame.source, node, frame.stack)
    state.forget(made)
    if values:
        state.store(made, "[]", one_of(values, each=True))
    return made


def pairs_with(second: Value, node: ast.expr, state: State, frame: Frame) -> Value:
    """What ``enumerate`` and ``items`` return: something, paired with each of ``second``."""
    if second is UNKNOWN:
        return UNKNOWN
    return new_list(node, [tuple_of((UNKNOWN, item)) for item in alternatives(second)], state, frame)


def rows_of(columns: Sequence[Value], node: ast.expr, state: State, frame: Frame) -> Value:
    """What ``zip`` returns."""
    elements = tuple(element_of(column, state) for column in columns)
    if all(element is UNKNOWN for element in elements):
        return UNKNOWN
    return new_list(node, [tuple_of(elements)], state, frame)


def element_of(value: Value, state: State) -> Value:
    """What a loop over ``value`` yields."""
    if isinstance(value, Tuple_):
        return one_of(value.items, each=True) if value.items else UNKNOWN
    if isinstance(value, Many):
        return one_of(element_of(one, state) for one in value.items)
    if isinstance(value, Parameters):
        return value
    if isinstance(value, Obj):
        held = state.get(value, "[]")
        if held is not None:
            return held
        if value.kind is Kind.MODULE:
            return part_of(value, "[]")
    return value if isinstance(value, (Dummy, Unknown)) else UNKNOWN


def item_of(value: Value, index: Value, state: State) -> Value:
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
    found = element_of(value, state)
    return Many(found.items) if isinstance(found, Many) else found


def close(obj: Obj, state: State) -> None:
    """``obj`` holds what was seen to be stored and nothing else, until code out of sight gets it: see `is_closed`."""
    state.store(obj, _CLOSED, Const(True))


def is_closed(obj: Obj, state: State) -> bool:
    """Whether all that ``obj`` holds was seen to be stored."""
    return isinstance(state.get(obj, _CLOSED), Const)
