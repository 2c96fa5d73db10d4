"""Python's built-in functions: one model for each that matters to what is known of objects."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import (
    element_of,
    is_closed,
    new_dictionary,
    new_list,
    pairs_with,
    put,
    rows_of,
)
from dropout_lint.typestate.domain.conditions import instance_of
from dropout_lint.typestate.domain.frames import EventKind
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, Dotted, ObjectKind, Value, objects
from dropout_lint.typestate.models.computed_attributes import store_in_loop
from dropout_lint.typestate.models.registry import Registry

BUILTINS: Registry[[CallContext]] = Registry()
"""By name, without ``builtins.``; so is every name that no text of the file defines."""


def builtin(call: CallContext) -> Value:
    """What a call of the built-in function ``call.name`` returns."""
    result = BUILTINS.result(call.name, call)
    if result is not None:
        return result
    if call.name not in library_facts.HARMLESS_BUILTINS and not library_facts.is_harmless_call(call.name):
        call.havoc_arguments()
    return UNKNOWN


@BUILTINS.of("enumerate")
def _enumerate(call: CallContext) -> Value | None:
    return pairs_with(element_of(call.given[0], call.state), call.node, call.state, call.frame) if call.given else None


@BUILTINS.of("zip")
def _zip(call: CallContext) -> Value | None:
    return rows_of(call.given, call.node, call.state, call.frame) if call.given else None


@BUILTINS.of("getattr")
def _getattr(call: CallContext) -> Value | None:
    if len(call.given) < 2:
        return None
    obj, name, *default = call.given
    if isinstance(name, Const):
        if len(default) == 1 and isinstance(obj, AbstractObject) and is_closed(obj, call.state):
            held = call.state.get(obj, str(name.value))
            return default[0] if held is None else held
        if name.value is not None:
            return call.evaluator.attribute(obj, str(name.value), call.node, call.state, call.frame)
    return call.evaluator.offered(obj)


@BUILTINS.of("setattr")
def _setattr(call: CallContext) -> Value | None:
    if len(call.given) == 3:
        obj, name, value = call.given
        if isinstance(obj, AbstractObject) and isinstance(name, Const):
            call.state.store(obj, str(name.value), value)
            return UNKNOWN
        if isinstance(obj, AbstractObject) and store_in_loop(obj, call):
            return UNKNOWN
        if isinstance(obj, AbstractObject) and obj.kind is ObjectKind.MODULE:
            call.state.add_element(obj, value)  # under a name that is computed
            return UNKNOWN
    return _open_up(call)


@BUILTINS.of("locals")
def _locals(call: CallContext) -> Value | None:
    if isinstance(call.frame.node, ast.Module):
        return None
    made = new_list(call.node, [], call.state, call.frame)
    for name, value in call.state.local.items():
        if name.isidentifier():
            put(made, Const(name), value, call.state)
    return made


@BUILTINS.of("vars")
def _vars(call: CallContext) -> Value | None:
    if not call.given:
        return _locals(call)
    if len(call.given) == 1 and isinstance(call.given[0], Dotted):
        return Dotted(call.given[0].source, f"{call.given[0].name}.__dict__")
    return _open_up(call)


@BUILTINS.of("delattr")
def _open_up(call: CallContext) -> None:
    """What the object holds is no longer what was seen to be stored."""
    if call.given:
        call.state.havoc(obj for obj in objects(call.given[0]) if is_closed(obj, call.state))


@BUILTINS.of("isinstance")
def _isinstance(call: CallContext) -> Value | None:
    return instance_of(*call.given, call.state) if len(call.given) == 2 else None


@BUILTINS.of("next")
def _next(call: CallContext) -> Value | None:
    return element_of(call.given[0], call.state) if call.given else None


@BUILTINS.of("dict")
def _dict(call: CallContext) -> Value:
    return new_dictionary(call.arguments, call.node, call.state, call.frame)


@BUILTINS.of("list", "set", "tuple")
def _list(call: CallContext) -> Value:
    return call.given[0] if call.given else new_list(call.node, [], call.state, call.frame)


@BUILTINS.of("reversed", "sorted", "iter", "tqdm", "trange")  # the last two by a star import
def _same_elements(call: CallContext) -> Value | None:
    return call.given[0] if call.given else None


@BUILTINS.of("map")
def _map(call: CallContext) -> Value | None:
    if len(call.given) != 2:
        return None
    function, elements = call.given
    element, frame = element_of(elements, call.state), call.frame
    around, frame.loops = frame.loops, (*frame.loops, call.node)
    result = call.evaluator.call(function, AbstractArguments((element,), {}, False), call.node, call.state, frame)
    frame.loops = around
    return new_list(call.node, [result], call.state, frame)


@BUILTINS.of("filter")
def _filter(call: CallContext) -> Value | None:
    return call.given[1] if len(call.given) == 2 else None


@BUILTINS.of("reveal_mode")
def _reveal_mode(call: CallContext) -> Value | None:
    if not call.given:
        return None
    call.evaluator.recorder.record(EventKind.REVEAL, call.node, call.state, call.frame, tuple(objects(call.given[0])))
    return UNKNOWN
