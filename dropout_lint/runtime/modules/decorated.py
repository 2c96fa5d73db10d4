"""What is below a decorator: the function that was written there, under those that decorators put around it.

All functions that one decorator made share one code object: that of `torch.no_grad()` runs half of the world's
inference.  So code is compared, and signatures are read, only after the way down.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterator

_DEEPEST = 20  # a chain of decorators is short; a cycle of `__wrapped__` is a bug that is not ours


def code_of(function: object) -> types.CodeType | None:
    """The code that the author of ``function`` wrote; None where that is no Python function."""
    code = getattr(written(function), "__code__", None)
    return code if isinstance(code, types.CodeType) else None


def written(function: object) -> object:
    """``function`` without the decorators that say what they wrap, and without the object that it is bound to."""
    if isinstance(function, types.MethodType):
        function = function.__func__
    try:
        return inspect.unwrap(function)  # type: ignore[arg-type]
    except ValueError:  # a cycle
        return function


def layers(member: object) -> Iterator[object]:
    """``member`` of a class, and whatever is wrapped in it, outermost first.

    A decorator that does not say what it wraps holds it in a closure, or in an attribute of an object.  Nothing of the
    user's runs: `__dict__` and cells are read.
    """
    todo: list[object] = [member]
    seen: set[int] = set()
    while todo and len(seen) < _DEEPEST:
        member = todo.pop(0)
        if id(member) not in seen:
            seen.add(id(member))
            yield member
            todo += _inside(member)


def _inside(member: object) -> list[object]:
    if isinstance(member, (staticmethod, classmethod, types.MethodType)):
        return [member.__func__]
    if isinstance(member, property):
        return [member.fget]
    held = _attributes(member)
    if "__wrapped__" in held:
        return [held["__wrapped__"]]
    if isinstance(member, (functools.partial, functools.partialmethod, functools.cached_property)):
        return [member.func]
    if isinstance(member, types.FunctionType):
        return [value for value in _cells(member) if type(value) in _FUNCTIONS]
    # Only an object that can take the place of a method: not the settings that a class keeps.
    stands_in = not isinstance(member, type) and {"__call__", "__get__"} & set(dir(type(member)))
    return [value for value in held.values() if stands_in and type(value) in _FUNCTIONS]


_FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial)


def _attributes(member: object) -> dict[str, object]:
    try:
        held = object.__getattribute__(member, "__dict__")
    except AttributeError:
        return {}
    return held if isinstance(held, dict) else {}


def _cells(function: types.FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue
