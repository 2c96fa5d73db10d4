"""Dataclasses as JSON and back, by the types of their fields: what is written and what is read cannot differ.

A field whose metadata is `INLINE` lends its keys to the object around it; where it may be None, it is there if any of
its keys is.  A field without a default is needed.  One with a default is not: where it is missing, or is not what it
should be, reading gives the default.  Keys that no field has are left alone.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

INLINE: Mapping[str, bool] = {"inline": True}
MOST = 1 << 53
"""No whole number reaches it: sums of them are printed, and Python prints no number of any length."""

_T = TypeVar("_T")
_PLAIN = {int, str, bool, float, type(None)}
_WORDS: dict[Any, str] = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


class WrongField(Exception):
    """A value that is not what its field holds; the message names the field and says what it should be."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"`{where.strip('.') or 'the report'}` is not {expected}")


def encoded(value: Any) -> Any:
    """``value`` in dicts, lists, strings and numbers; the keys are in the order of the fields."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if not is_dataclass(value):
        return value
    kind: Any = type(value)
    data: dict[str, Any] = {}
    for name, _, inline, _ in _fields_of(kind):
        inner = encoded(getattr(value, name))
        if not inline:
            data[name] = inner
        elif inner is not None:
            data.update(inner)
    return data


def decoded(kind: type[_T], data: Any, where: str = "") -> _T:
    """The dataclass ``kind`` that ``data``, found at ``where``, encodes.  Raises `WrongField`."""
    if not isinstance(data, dict):
        raise WrongField(where, "an object")
    values: dict[str, Any] = {}
    shape: Any = kind
    for name, hint, inline, needed in _fields_of(shape):
        try:
            values[name] = (
                _inlined(hint, data, where) if inline else _value(hint, data.get(name, MISSING), f"{where}{name}")
            )
        except WrongField:
            if needed:
                raise
    return kind(**values)


def keys(kind: Any) -> tuple[str, ...]:
    """The keys of the object that ``kind`` is written as, in order."""
    found: list[str] = []
    for name, hint, inline, _ in _fields_of(kind):
        found.extend(keys(_present(hint)) if inline else [name])
    return tuple(found)


@cache
def _fields_of(kind: Any) -> tuple[tuple[str, Any, bool, bool], ...]:
    """Name, type, whether it is inline, and whether it is needed, of each field."""
    hints = get_type_hints(kind)
    return tuple(
        (field.name, hints[field.name], bool(field.metadata.get("inline")), _is_needed(field)) for field in fields(kind)
    )


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _present(hint: Any) -> Any:
    """``hint`` without its None."""
    return get_args(hint)[0] if get_origin(hint) is types.UnionType else hint


def _inlined(hint: Any, data: dict[str, Any], where: str) -> Any:
    kind = _present(hint)
    if kind is not hint and not any(key in data for key in keys(kind)):
        return None
    return decoded(kind, data, where)


def _value(hint: Any, value: Any, where: str) -> Any:
    kind = _present(hint)
    if kind is not hint and value is None:
        return None
    if get_origin(kind) is tuple:
        return _items(get_args(kind), value, where)
    if is_dataclass(kind):
        return decoded(cast("type[Any]", kind), value, f"{where}.")
    if issubclass(kind, Enum):
        return _member(kind, value, where)
    if not isinstance(value, (int, float) if kind is float else kind) or (kind is not bool and isinstance(value, bool)):
        raise WrongField(where, _WORDS[kind])
    if kind is int and not 0 <= value < MOST:
        raise WrongField(where, "a whole number that a run can reach")
    return value


def _items(hints: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WrongField(where, "a list")
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(value)
    if len(hints) != len(value):
        raise WrongField(where, f"a list of {len(hints)}")
    return tuple(_value(hint, item, f"{where}[{number}]") for number, (hint, item) in enumerate(zip(hints, value)))


def _member(kind: type[Enum], value: Any, where: str) -> Enum:
    for member in kind:
        if member.value == value:
            return member
    raise WrongField(where, "one of " + ", ".join(f'"{member.value}"' for member in kind))
