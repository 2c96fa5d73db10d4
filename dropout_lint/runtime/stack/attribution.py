"""From a call stack to words: which module of which model ran the operator, and whether `eval()` reaches it."""

from __future__ import annotations

import gc
import sys
import types
import weakref
from dataclasses import dataclass, field

from torch import nn

from dropout_lint.runtime.modules.decorated import written
from dropout_lint.runtime.modules.module_paths import child, type_name, unwrapped, user_path
from dropout_lint.runtime.modules.unregistered import find_unregistered_modules
from dropout_lint.runtime.stack.frames import Place

CONSTRUCTED = "constructed during forward"


@dataclass(frozen=True)
class Attribution:
    """The module that ran an operator, in words."""

    module: str  # its path, as the user writes it
    module_type: str
    root_type: str
    registered: bool
    held_by: str = (
        ""  # how an unregistered one is held, if it has no path: "global train.DROP", "class attribute Net.drop"
    )


@dataclass(eq=False)
class _Known:
    """What was found out about one root."""

    root: weakref.ref[nn.Module]
    paths: dict[int, tuple[str, str]]  # of its registered modules, by id: as torch writes it, as the user does
    others: dict[int, tuple[weakref.ref[nn.Module], Attribution | None]] = field(default_factory=dict)  # of all else


_known: dict[int, _Known] = {}
_built: dict[tuple[object, ...], Attribution] = {}
"""Place of a call -> what it builds anew each time.  Finding that out takes a look at every object of the process."""


def attribute(modules: tuple[nn.Module, ...], place: Place | None = None) -> Attribution:
    """Name the first of ``modules``, which are being called at ``place``, innermost first; the last is the root."""
    module, root = modules[0], modules[-1]
    known, path = _look(root, module)
    if path is not None:
        return Attribution(path, type_name(module), type_name(unwrapped(root)), registered=True)
    seen, who = known.others[id(module)]
    if who is not None:
        return who
    site = (type(module), type(root), place and (place.code, place.instruction))
    who = _built.get(site) or _unregistered(modules)
    if who.held_by == CONSTRUCTED:
        _built[site] = who
    known.others[id(module)] = (seen, who)
    return who


def _unregistered(modules: tuple[nn.Module, ...]) -> Attribution:
    module, root = modules[0], modules[-1]
    module_type, root_type = type_name(module), type_name(unwrapped(root))
    for place, hidden in find_unregistered_modules(root):
        if hidden is module:
            return Attribution(place, module_type, root_type, registered=False)
    # Then it is held by something that belongs to no module.  The nearest caller that has a path says where.
    near = next((path for other in modules[1:] if (path := path_of(root, other)) is not None), "")
    return Attribution(near, module_type, root_type, registered=False, held_by=_holder(module, modules))


def path_of(root: nn.Module, module: nn.Module) -> str | None:
    """The path of ``module`` below ``root`` as the user writes it, or None if it is not registered there."""
    return _look(root, module)[1]


def _look(root: nn.Module, module: nn.Module) -> tuple[_Known, str | None]:
    """What is known of ``root``, and the path of ``module``; one of the two has an answer for ``module``.

    Threads that look at one root at a time may each make a `_Known`, and the last one stays: none is lost to its maker.
    """
    key = id(root)
    known = _known.get(key)
    if known is not None and known.root() is not root:
        known = None
    if known is not None:
        path, written = known.paths.get(id(module), ("", ""))
        if _at(root, path) is module:  # ids are used again
            return known, written
        other = known.others.get(id(module))
        if other is not None and other[0]() is module:
            return known, None
    paths = {id(part): (path, user_path(root, path)) for path, part in nn.Module.named_modules(root)}
    others = known.others if known is not None else {}
    known = _known[key] = _Known(weakref.ref(root, lambda _: _known.pop(key, None)), paths, others)
    if id(module) in paths:
        return known, paths[id(module)][1]
    number = id(module)
    others[number] = (weakref.ref(module, lambda _: others.pop(number, None)), None)
    return known, None


def _at(root: nn.Module, path: str) -> nn.Module | None:
    module: nn.Module | None = root
    for name in path.split(".") if path else ():
        module = child(module, name) if module is not None else None
    return module


def is_registered(root: nn.Module, module: nn.Module) -> bool:
    """Whether `train()` and `eval()` of ``root`` reach ``module``."""
    return path_of(root, module) is not None


def _holder(module: nn.Module, modules: tuple[nn.Module, ...]) -> str:
    """Where an unregistered ``module`` hangs: a class attribute or a global of the classes that are being called."""
    for caller in modules[1:]:
        for value in _defaults_of(type(caller)):
            if value is module:
                return f"a default of {type(caller).__name__}.forward"
        for klass in type(caller).__mro__:
            for name, value in list(vars(klass).items()):
                if value is module:
                    return f"class attribute {klass.__name__}.{name}"
        source = sys.modules.get(type(caller).__module__)
        for name, value in list(vars(source).items()) if source is not None else ():
            if value is module:
                return f"global {type(caller).__module__}.{name}"
    return CONSTRUCTED if _is_new(module) else "an object that is no module"


def _defaults_of(klass: type) -> tuple[object, ...]:
    forward = written(getattr(klass, "forward", None))
    by_name = getattr(forward, "__kwdefaults__", None) or {}
    return (*(getattr(forward, "__defaults__", None) or ()), *by_name.values())


def _is_new(module: nn.Module) -> bool:
    """Whether only the call itself holds ``module``: nothing but frames and the module's own parts refer to it."""
    referrers = gc.get_referrers(module)
    cells = sum(isinstance(referrer, types.CellType) for referrer in referrers)
    if cells > 1:  # `_call_impl` has one; so would a function of this file that uses `module` in a comprehension
        return False
    for referrer in referrers:  # noqa: SIM110  # for the same reason
        if not _is_of_call(referrer, module):
            return False
    return True


def _is_of_call(referrer: object, module: nn.Module) -> bool:
    if isinstance(referrer, dict):  # the locals of a frame, which `f_locals` made
        return referrer.get("self") is module and "args" in referrer
    return isinstance(referrer, (types.FrameType, types.MethodType, types.CellType, tuple, list))
