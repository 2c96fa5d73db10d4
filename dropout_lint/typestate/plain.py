"""Values through which no module can be reached, and how they are handed from the summary of a call to the call."""

from __future__ import annotations

from collections.abc import Mapping

from dropout_lint.typestate.libraries import HARMLESS_LIBRARIES
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    DUMMY,
    Class,
    Const,
    Dotted,
    Given,
    Inert,
    Kind,
    Many,
    Obj,
    Tuple_,
    Unknown,
    Value,
    one_of,
)


class NotPlain(Exception):
    """A function that is tried has to do with models."""


def what_is_made(returned: Value, receiver: Value | None, state: State) -> dict[Obj, Mapping[str, Value]]:
    """What the receiver and the objects that are returned hold.  Raises NotPlain if that may be a module."""
    held: dict[Obj, Mapping[str, Value]] = {}
    todo = [returned, *([receiver] if isinstance(receiver, Obj) else [])]
    while todo:
        value = todo.pop()
        if isinstance(value, (Tuple_, Many)):
            todo += value.items
        elif isinstance(value, Obj):
            if value.kind not in (Kind.LIST, Kind.INSTANCE) or value.library or value.parent is not None:
                raise NotPlain
            if value not in held:
                held[value] = state.held(value)
                todo += held[value].values()
        elif not isinstance(value, (Const, Inert, Unknown)) and value is not DUMMY:
            raise NotPlain
    return held


def is_plain(value: Value, state: State, receiver: Value | None) -> bool:
    """Whether no module can be reached through ``value``, and no code but that of ``receiver``."""
    todo: list[Value] = [value]
    done: set[Obj] = set()
    while todo:
        here = todo.pop()
        if isinstance(here, (Tuple_, Many)):
            todo += here.items
        elif isinstance(here, Obj):
            if here in done:
                continue
            done.add(here)
            if here.kind is not Kind.LIST and here is not receiver:
                return False
            todo += state.held(here).values()
        elif isinstance(here, Dotted):
            if here.name.partition(".")[0] not in HARMLESS_LIBRARIES:
                return False
        elif isinstance(here, Class):
            if here is not receiver or here.facts.is_module:
                return False
        elif not isinstance(here, (Const, Inert, Unknown)) and here is not DUMMY:
            return False
    return True


def moved_value(value: Value, moved: Mapping[Obj, Obj], bound: Mapping[str, Value]) -> Value:
    """``value`` of a summary, for one call."""
    if isinstance(value, Obj):
        return moved[value]
    if isinstance(value, Given):
        return bound[value.name]
    if isinstance(value, Tuple_):
        return Tuple_(tuple(moved_value(item, moved, bound) for item in value.items))
    if isinstance(value, Many):
        return one_of((moved_value(item, moved, bound) for item in value.items), each=value.each)
    return value
