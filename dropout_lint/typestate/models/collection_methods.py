"""The methods of Python's lists, sets and dictionaries: what they return, and what the object then holds."""

from __future__ import annotations

from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import add_all, element_of, item_of, pairs_with, put
from dropout_lint.typestate.domain.slots import Slot, item_at
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, Value
from dropout_lint.typestate.models.registry import Registry

METHODS: Registry[[AbstractObject, CallContext]] = Registry()
"""By name.  Of a method without a model nothing is known, and nothing is assumed to change."""


def collection_method(obj: AbstractObject, call: CallContext) -> Value:
    """What ``obj.name(...)`` returns, where ``obj`` is a list, a set or a dictionary."""
    result = METHODS.result(call.name, obj, call)
    return UNKNOWN if result is None else result


@METHODS.of("append", "add", "appendleft")
def _add(obj: AbstractObject, call: CallContext) -> Value:
    for value in call.given:
        call.state.add_element(obj, value)
    return UNKNOWN


@METHODS.of("extend", "extendleft", "union")
def _extend(obj: AbstractObject, call: CallContext) -> Value:
    for value in call.given:
        call.state.add_element(obj, element_of(value, call.state))
    return UNKNOWN


@METHODS.of("insert")
def _insert(obj: AbstractObject, call: CallContext) -> Value | None:
    if len(call.given) == 2:
        call.state.add_element(obj, call.given[1])
    return None


@METHODS.of("update")
def _update(obj: AbstractObject, call: CallContext) -> Value:
    for value in call.given:
        add_all(obj, value, call.state)
    for key, value in call.arguments.keywords.items():
        put(obj, Const(key), value, call.state)
    return UNKNOWN


@METHODS.of("setdefault")
def _setdefault(obj: AbstractObject, call: CallContext) -> Value | None:
    if len(call.given) != 2:
        return None
    key, default = call.given
    known = call.state.get(obj, item_at(key.value)) if isinstance(key, Const) else None
    if known is None:
        put(obj, key, default, call.state)
    return default if known is None else known


@METHODS.of("get")
def _get(obj: AbstractObject, call: CallContext) -> Value | None:
    if not call.given:
        return None
    held = item_of(obj, call.given[0], call.state)
    if len(call.given) == 2 and call.state.get(obj, Slot.ELEMENTS) is not None and call.given[1] != Const(None):
        return one_of((held, call.given[1]))
    return held


@METHODS.of("pop")
def _pop(obj: AbstractObject, call: CallContext) -> Value:
    return item_of(obj, call.given[0], call.state) if call.given else element_of(obj, call.state)


@METHODS.of("popleft", "popitem")
def _pop_any(obj: AbstractObject, call: CallContext) -> Value:
    return element_of(obj, call.state)


@METHODS.of("values", "copy", "keys", "__iter__")
def _itself(obj: AbstractObject, call: CallContext) -> Value:
    return obj


@METHODS.of("items")
def _items(obj: AbstractObject, call: CallContext) -> Value:
    return pairs_with(element_of(obj, call.state), call.node, call.state, call.frame)
