"""Modules that a model holds and its `train()`, `eval()` and `to()` do not reach: in lists, dicts, closures, partials,
and as attributes of its class.

Nothing of the user's runs here: attributes are read from `__dict__`, containers through the methods of their base
class, and types are compared with `issubclass(type(x), ...)`: `isinstance` runs the `__class__` property of a proxy.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import Any

from torch import nn

from dropout_lint.runtime.modules.module_paths import is_script, user_path

_DEPTH = 6  # containers in containers; deeper ones were never seen
_WIDTH = 10_000  # a longer container holds data
_INTERNAL = frozenset({"_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"})


def find_unregistered_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Pairs of path and module, for every module that ``model`` holds outside its registered ones.

    A path is written as code would reach the module: ``encoder.blocks[0]``, ``heads['a'][1]``; ``act.<closure drop>``
    names a variable that a function holds.  Only the outermost module of an unregistered tree is a pair of its own if
    the rest is registered below it; those are found with `named_modules`.
    """
    registered = {id(module) for module in nn.Module.modules(model)}
    found: list[tuple[str, nn.Module]] = []
    for path, module in nn.Module.named_modules(model):
        if is_script(module):
            continue  # its attributes are its own machinery
        own = user_path(model, path)
        for place, hidden in _held_by(module):
            for inner, part in nn.Module.named_modules(hidden):
                if id(part) not in registered:
                    registered.add(id(part))
                    found.append((".".join(name for name in (own, place, inner) if name), part))
    return found


def ids_within(model: nn.Module) -> frozenset[int]:
    """The identities of ``model`` and of all modules in it, registered or not."""
    hidden = (module for _, module in find_unregistered_modules(model))
    return frozenset(id(module) for module in (*nn.Module.modules(model), *hidden))


def _held_by(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    seen: set[int] = {id(module)}
    for name, value in list(vars(module).items()):
        if name not in _INTERNAL and not name.endswith("_hooks"):
            yield from _search(name, value, seen, _DEPTH)
    for name, value in _of_classes(module):
        yield from _search(name, value, seen, _DEPTH)


def _of_classes(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The modules, and containers, that the classes of ``module`` keep: found before those that are registered under
    the same name, and after those in the instance's own ``__dict__``.
    """
    taken = set(vars(module))
    for owner in type(module).__mro__:
        if owner is object or owner.__module__.partition(".")[0] == "torch":
            continue
        for name, value in list(type.__getattribute__(owner, "__dict__").items()):
            if name not in taken and issubclass(type(value), (nn.Module, list, tuple, set, frozenset, dict)):
                yield name, value
            taken.add(name)


def _search(path: str, value: Any, seen: set[int], depth: int) -> Iterator[tuple[str, nn.Module]]:
    kind = type(value)
    if issubclass(kind, nn.Module):
        if id(value) not in seen:
            seen.add(id(value))
            yield path, value
        return
    if depth == 0 or id(value) in seen:
        return
    parts = list(_parts(path, value, kind))
    if parts:
        seen.add(id(value))
    for place, part in parts:
        yield from _search(place, part, seen, depth - 1)


def _parts(path: str, value: Any, kind: type) -> Iterator[tuple[str, Any]]:
    """What ``value`` holds, with its path; nothing for what is no container, or too long to be one of modules."""
    for base in (list, tuple, set, frozenset, dict):
        if issubclass(kind, base):
            if base.__len__(value) <= _WIDTH:
                yield from _items(path, value, base)
            return
    if kind is functools.partial:
        yield f"{path}.func", value.func
        yield f"{path}.args", value.args
        yield f"{path}.keywords", value.keywords
    elif kind is types.MethodType:
        yield f"{path}.__self__", value.__self__
    elif kind is types.FunctionType:
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or ()):
            try:
                yield f"{path}.<closure {name}>", cell.cell_contents
            except ValueError:  # not bound yet
                continue
        yield f"{path}.<defaults>", value.__defaults__
        yield f"{path}.<defaults>", value.__kwdefaults__


def _items(path: str, value: Any, base: type) -> Iterator[tuple[str, Any]]:
    if base is dict:
        for key, part in list(dict.items(value)):
            yield f"{path}[{_key(key)}]", part
    elif base in (list, tuple):
        for index, part in enumerate(list(base.__iter__(value))):
            yield f"{path}[{index}]", part
    else:  # by class: the order of a set is another one in every run
        parts = [part for part in base.__iter__(value) if issubclass(type(part), nn.Module)]  # type: ignore[attr-defined]
        for part in sorted(parts, key=lambda part: type(part).__name__):
            yield f"{path}{{{type(part).__name__}}}", part


def _key(key: object) -> str:
    return repr(key) if type(key) in (str, int, bool, float, type(None)) else f"<{type(key).__name__}>"
