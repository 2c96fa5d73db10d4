"""What Python's own lists and dictionaries do: their methods, and how they are made of others."""

from __future__ import annotations

import ast

from dropout_lint.typestate.arguments import Arguments
from dropout_lint.typestate.bounds import one_of
from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.holdings import element_of, item_of, new_list, pairs_with
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import UNKNOWN, Const, Kind, Obj, Tuple_, Unknown, Value, alternatives

DICTIONARIES = frozenset({"dict", "OrderedDict", "defaultdict"})
_ADDS = frozenset({"append", "add", "appendleft"})
_JOINS = frozenset({"extend", "extendleft", "union"})


def new_dictionary(arguments: Arguments, node: ast.expr, state: State, frame: Frame) -> Value:
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


def add_all(obj: Obj, source: Value, state: State) -> None:
    """Let the dictionary ``obj`` hold all that ``source`` holds: another one, or pairs."""
    if isinstance(source, Obj) and source.kind is Kind.LIST:
        for key, value in state.held(source).items():
            if key != "[]" and key.startswith("["):
                state.store(obj, key, value)
    for element in alternatives(element_of(source, state)):
        if isinstance(element, Tuple_) and len(element.items) == 2:
            put(obj, element.items[0], element.items[1], state)
        else:
            state.add_element(obj, element)


def put(obj: Obj, key: Value, value: Value, state: State) -> None:
    """``obj[key] = value``."""
    if isinstance(key, Const):
        state.store(obj, f"[{key.value!r}]", value)
    state.add_element(obj, value)


def method_of_list(obj: Obj, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
    """What ``obj.name(...)`` returns, where ``obj`` is a list, a set or a dictionary."""
    given = arguments.positional
    if name in _ADDS:
        for value in given:
            state.add_element(obj, value)
        return UNKNOWN
    if name in _JOINS:
        for value in given:
            state.add_element(obj, element_of(value, state))
        return UNKNOWN
    if name == "insert" and len(given) == 2:
        state.add_element(obj, given[1])
        return UNKNOWN
    if name == "update":
        for value in given:
            add_all(obj, value, state)
        for key, value in arguments.keywords.items():
            put(obj, Const(key), value, state)
        return UNKNOWN
    if name == "setdefault" and len(given) == 2:
        known = state.get(obj, f"[{given[0].value!r}]") if isinstance(given[0], Const) else None
        if known is None:
            put(obj, given[0], given[1], state)
        return known if known is not None else given[1]
    if name == "get" and len(given) == 2 and state.get(obj, "[]") is not None:
        held = item_of(obj, given[0], state)
        return held if given[1] == Const(None) else one_of((held, given[1]))
    if name in ("get", "pop") and given:
        return item_of(obj, given[0], state)
    if name in ("pop", "popleft", "popitem"):
        return element_of(obj, state)
    if name in ("values", "copy", "keys", "__iter__"):
        return obj
    if name == "items":
        return pairs_with(element_of(obj, state), node, state, frame)
    return UNKNOWN
