"""What lists, tuples and dictionaries hold (one joined value, and single ones where the index is known)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of, part_of, tuple_of
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import Item, Slot, item_at
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    Dummy,
    ObjectKind,
    ParameterList,
    Tuple_,
    Union,
    Unknown,
    Value,
    alternatives,
    made_object,
)


def new_list(node: ast.expr, values: list[Value], state: State, frame: Frame) -> AbstractObject:
    """A list made at ``node`` that holds ``values``."""
    made = made_object(ObjectKind.LIST, frame.source, node, frame.stack)
    state.forget(made)
    if values:
        state.store(made, Slot.ELEMENTS, one_of(values, each=True))
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
    if isinstance(value, Union):
        return one_of(element_of(one, state) for one in value.items)
    if isinstance(value, ParameterList):
        return value
    if isinstance(value, AbstractObject):
        held = state.get(value, Slot.ELEMENTS)
        if held is not None:
            return held
        if value.kind is ObjectKind.MODULE:
            return part_of(value, "[]")
    return value if isinstance(value, (Dummy, Unknown)) else UNKNOWN


def item_of(value: Value, index: Value, state: State) -> Value:
    """What ``value[index]`` resolves to."""
    if isinstance(value, Tuple_):
        if isinstance(index, Const) and isinstance(index.value, int):
            if -len(value.items) <= index.value < len(value.items):
                return value.items[index.value]
        return one_of(value.items) if value.items else UNKNOWN
    if isinstance(value, AbstractObject) and isinstance(index, Const):
        held = state.get(value, item_at(index.value))
        if held is not None:
            return held
    if isinstance(value, AbstractObject) and value.kind is ObjectKind.LIST and state.get(value, Slot.ELEMENTS) is None:
        return UNKNOWN
    found = element_of(value, state)
    return Union(found.items) if isinstance(found, Union) else found


def close(obj: AbstractObject, state: State) -> None:
    """``obj`` holds what was seen to be stored and nothing else, until external code gets it: that makes the mark
    unknown, as all constants of what it gets.
    """
    state.store(obj, Slot.IS_CLOSED, Const(True))


def is_closed(obj: AbstractObject, state: State) -> bool:
    """Whether all that ``obj`` holds was seen to be stored."""
    return isinstance(state.get(obj, Slot.IS_CLOSED), Const)


def new_dictionary(arguments: AbstractArguments, node: ast.expr, state: State, frame: Frame) -> Value:
    """What ``dict`` or ``OrderedDict`` makes: of another one, of pairs, of keywords."""
    source = next(iter(arguments.positional), None)
    if isinstance(source, Unknown) and not arguments.keywords:
        return source
    made = new_list(node, [], state, frame)
    if source is not None:
        add_all(made, source, state)
    for name, value in arguments.keywords.items():
        put(made, Const(name), value, state)
    return made


def add_all(obj: AbstractObject, source: Value, state: State) -> None:
    """Let the dictionary ``obj`` hold all that ``source`` holds: another one, or pairs."""
    if isinstance(source, AbstractObject) and source.kind is ObjectKind.LIST:
        for key, value in state.held(source).items():
            if isinstance(key, Item):
                state.store(obj, key, value)
    for element in alternatives(element_of(source, state)):
        if isinstance(element, Tuple_) and len(element.items) == 2:
            put(obj, element.items[0], element.items[1], state)
        else:
            state.add_element(obj, element)


def put(obj: AbstractObject, key: Value, value: Value, state: State) -> None:
    """``obj[key] = value``."""
    if isinstance(key, Const):
        state.store(obj, item_at(key.value), value)
    state.add_element(obj, value)
