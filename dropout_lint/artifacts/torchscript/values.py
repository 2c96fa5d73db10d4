"""What TorchScript code computes with, as far as the file holds it: constants, modules, names, and `UNKNOWN`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dropout_lint.artifacts.readers.inert import Instance
from dropout_lint.artifacts.readers.stored_modules import class_of
from dropout_lint.artifacts.values.evidence import Place
from dropout_lint.artifacts.values.operators import UNKNOWN, Operator

PLAIN = (type(None), bool, int, float, str)
"""The types of constants."""


@dataclass(frozen=True, slots=True)
class ScriptObject:
    """A module: what the file stores of it, and its name below the root."""

    stored: Instance
    path: str


@dataclass(frozen=True, slots=True)
class Named:
    """A dotted name that is no variable: a function of the file, or an operator."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Reached:
    """An operator that a call reaches."""

    name: str
    operator: Operator | None  # None: one that only draws random numbers
    arguments: dict[str, Any]
    layer: str
    owner: str  # its class, dotted, as the user knows it
    place: Place | None
    certain: bool  # False: only on some paths


class OutOfSteps(Exception):
    """The code needs more steps than are followed."""


def qualified(value: Any) -> str:
    """The qualified name of the class that a stored object is of; "" for all else."""
    cls = class_of(value)
    return cls.dotted if cls else ""


def joined(first: Any, second: Any, depth: int = 0) -> Any:
    """What is known where two branches join.  Bounded: tuples of tuples can be made 2 ** 50 wide in 50 lines."""
    if depth > 3:
        return UNKNOWN
    if isinstance(first, PLAIN) and isinstance(second, PLAIN):
        return first if type(first) is type(second) and first == second else UNKNOWN
    if type(first) is tuple and type(second) is tuple and len(first) == len(second):
        return tuple(joined(one, other, depth + 1) for one, other in zip(first, second))
    return first if first is second or (isinstance(first, (ScriptObject, Named)) and first == second) else UNKNOWN


def element(value: Any, number: Any) -> Any:
    """``value[number]``, where both are known."""
    known = type(value) is tuple and type(number) is int and -len(value) <= number < len(value)
    return value[number] if known else UNKNOWN


def compared(function: str, values: list[Any]) -> Any:
    """The result of a comparison, or of `not`, where the values are constants; `UNKNOWN` for all else."""
    if function in ("torch.__is__", "torch.__isnot__") and len(values) == 2:
        return _is(values, negated=function == "torch.__isnot__")
    if not all(isinstance(value, PLAIN) for value in values):
        return UNKNOWN
    if function == "torch.__not__" and len(values) == 1:
        return not values[0]
    if function in _COMPARISONS and len(values) == 2:
        try:
            return bool(_COMPARISONS[function](*values))
        except TypeError:
            return UNKNOWN
    return UNKNOWN


def _is(values: list[Any], *, negated: bool) -> Any:
    """``a is b``, which torch prints to ask for None.  A module is not None; for unknown values the answer is too."""
    first, second = values
    if first is UNKNOWN or second is UNKNOWN or (first is not None and second is not None):
        return UNKNOWN
    return (first is second) != negated


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "torch.eq": operator.eq,
    "torch.ne": operator.ne,
    "torch.lt": operator.lt,
    "torch.le": operator.le,
    "torch.gt": operator.gt,
    "torch.ge": operator.ge,
}
