"""Does a class's forward depend on the mode?  By its bytecode: it does if `forward` can reach a load of `.training`.

Bytecode works without source, in notebooks and for classes made by `exec`, distinguishes a load from the store in an
overridden `train()`, and needs no list of classes.  Not seen: ``getattr(self, "training")``, and `training` read only
in a free function that takes the module.
"""

from __future__ import annotations

import dis
import types
import weakref
from collections.abc import Iterator

from torch import nn

from dropout_lint.runtime.modules.decorated import layers

_ENTRIES = ("forward", "__call__")
_LOADS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_STOP = frozenset(vars(nn.Module)) | {"__init__", "training"}
"""What every module has; `train`, `eval` and the hooks among it read `training` for their own ends."""

_known: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()
_beside: weakref.WeakKeyDictionary[type, frozenset[str]] = weakref.WeakKeyDictionary()


def reads_training(cls: type) -> bool:
    """Whether a method of ``cls`` that its ``forward`` may reach loads an attribute ``training``."""
    known = _known.get(cls)
    if known is None:
        known = _known[cls] = any(_loads_training(code) for code in _reachable(cls))
    return known


def function_reads_training(function: object) -> bool:
    """Whether ``function`` itself loads an attribute ``training``: for a ``forward`` set on an instance."""
    return any(_loads_training(code) for code in _codes_of(function))


def names_beside_training(cls: type) -> frozenset[str]:
    """The names that occur in one function with a load of `training`: `dropout`, where that is a function."""
    known = _beside.get(cls)
    if known is None:
        codes = (code for code in _reachable(cls) if _loads_training(code))
        known = _beside[cls] = frozenset(name for code in codes for name in code.co_names)
    return known


def _reachable(cls: type) -> Iterator[types.CodeType]:
    """The code of the methods of ``cls`` that its ``forward`` may reach, nearest first."""
    order = [klass for klass in cls.__mro__ if klass not in (nn.Module, object)]
    todo = [(name, 0) for name in _ENTRIES]
    seen: set[tuple[str, int]] = set()
    while todo:
        name, start = todo.pop()
        at = next((i for i in range(start, len(order)) if name in vars(order[i])), None)
        if at is None or (name, at) in seen:
            continue
        seen.add((name, at))
        codes = list(_codes_of(vars(order[at])[name]))
        yield from codes
        names = {called for code in codes for called in code.co_names}
        todo += [(called, 0) for called in names if called not in _STOP]
        if "super" in names:  # `super().forward(x)`: the next definition of any name that is used here
            todo += [(called, at + 1) for called in names | {name} if called not in _STOP or called in _ENTRIES]


def _codes_of(member: object) -> Iterator[types.CodeType]:
    """The code of a member of a class, below whatever it is wrapped in, with its lambdas and comprehensions."""
    for layer in layers(member):
        code = getattr(layer, "__code__", None)
        if isinstance(code, types.CodeType):
            yield from _nested(code)


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _loads_training(code: types.CodeType) -> bool:
    return "training" in code.co_names and any(
        instruction.opname in _LOADS and instruction.argval == "training" for instruction in dis.get_instructions(code)
    )
