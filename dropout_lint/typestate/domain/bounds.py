"""How large a value may become, and what a value is where two paths meet.

Without bounds, ``size = (size, item)`` in a loop never comes to an end: to compare two values costs as much as they are
large, and a value that is made of itself doubles each time.  They are kept by whatever makes a value out of others:

* `MOST_DEPTH` tuples, or functions with arguments bound, inside one another;
* `MOST_SIZE` values in one, each counted as often as it stands there;
* `MOST_VALUES` alternatives, and `MOST_CONSTANTS` if all are constants;
* `MOST_PARTS` names behind one another: parts of parts, attributes of attributes.

What is beyond is widened to an `Unknown` that still holds the objects in it: whoever switches the mode of such a value
may have switched any of them, so that theirs is lost, and nothing wrong is said.

`join_values` is commutative and idempotent, and what it returns takes in both sides: joining either of them again
changes nothing.  As with every widening, the order of three may matter: one may know where another does not, for
``None`` gives way to what is known, and the bounds may be met sooner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    Objects,
    Tuple_,
    Union,
    Unknown,
    Value,
    alternatives,
    may_hold,
)

MOST_DEPTH = 6
MOST_SIZE = 250
MOST_VALUES = 24
MOST_CONSTANTS = 4
MOST_PARTS = 16


def one_of(values: Iterable[Value], *, each: bool = False) -> Value:
    """The value that may be any of ``values``."""
    items = tuple(dict.fromkeys([item for value in values for item in alternatives(value)]))
    if not items:
        return UNKNOWN
    unknown = [item for item in items if isinstance(item, Unknown)]
    if unknown:  # what is known beside an unknown value has not been followed so far either
        return _widened(items) if any(item.holds for item in unknown) else UNKNOWN
    if len(items) == 1:
        return items[0]
    if len(items) > MOST_VALUES:
        return _widened(items)
    if len(items) > MOST_CONSTANTS and all(isinstance(item, Const) for item in items):
        return UNKNOWN
    return _within_bounds(Union(items, each), items)


def tuple_of(items: Iterable[Value]) -> Value:
    """A tuple of ``items``."""
    items = tuple(items)
    return _within_bounds(Tuple_(items), items)


def partial_of(function: FunctionValue, given: Iterable[Value], named: Mapping[str, Value]) -> Value:
    """``function`` with more arguments bound, as `functools.partial` binds them: the last of a name counts."""
    every = (*function.given, *given)
    names = {**dict(function.named), **named}
    inner = (*every, *names.values(), *([function.receiver] if function.receiver is not None else []))
    return _within_bounds(replace(function, given=every, named=tuple(names.items())), inner)


def _within_bounds(value: Tuple_ | Union | FunctionValue, inner: tuple[Value, ...]) -> Value:
    if value.size > MOST_SIZE or value.depth > MOST_DEPTH:
        return _widened(inner)
    return value


def _widened(values: Iterable[Value]) -> Unknown:
    """Anything at all, with the objects in ``values``."""
    holds = tuple(dict.fromkeys([obj for value in values for obj in may_hold(value)]))
    return Unknown(holds) if holds else UNKNOWN


def join_values(one: Value, other: Value) -> Value:
    """What a name resolves to where two paths meet."""
    if one is other or one == other:
        return one
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return one_of((one, other))
    if isinstance(one, Tuple_) and isinstance(other, Tuple_) and len(one.items) == len(other.items):
        return tuple_of([join_values(a, b) for a, b in zip(one.items, other.items)])
    if _is_placeholder(one):
        return other  # `model = None` before the branches that make it
    if _is_placeholder(other):
        return one
    each = isinstance(one, Union) and one.each and isinstance(other, Union) and other.each
    return one_of((one, other), each=each)


def _is_placeholder(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def part_of(parent: AbstractObject, name: str) -> AbstractObject | Unknown:
    """The part of ``parent`` called ``name``: always the same object."""
    source, key = parent.source, (parent, name)
    if parent.level >= MOST_PARTS:
        return Unknown((parent,))
    known = source.extension(Objects)
    if key not in known:
        known[key] = AbstractObject(
            ObjectKind.MODULE, source, parent.node, parent.stack, None, parent.library, parent, name, parent.level + 1
        )
    return known[key]


def attribute_of(value: Dotted, name: str) -> str | None:
    """The dotted name of ``value.name``; None if it is too long to lead anywhere."""
    return None if value.name.count(".") > MOST_PARTS else f"{value.name}.{name}"
