"""From a call stack to words: which module of which model ran the operator, and whether `eval()` reaches it."""

from __future__ import annotations

import gc
import sys
import types
import weakref
from dataclasses import dataclass

from torch import nn

from dropout_lint.runtime.naming import type_name, unwrapped, user_path
from dropout_lint.runtime.unregistered import find_unregistered_modules

CONSTRUCTED = "constructed during forward"

_paths: dict[int, tuple[weakref.ref[nn.Module], dict[int, str]]] = {}


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


def attribute(modules: tuple[nn.Module, ...]) -> Attribution:
    """Name the first of ``modules``, which are being called, innermost first; the last is the root."""
    module, root = modules[0], modules[-1]
    module_type, root_type = type_name(module), type_name(unwrapped(root))
    path = path_of(root, module)
    if path is not None:
        return Attribution(path, module_type, root_type, registered=True)
    for path, hidden in find_unregistered_modules(root):
        if hidden is module:
            return Attribution(path, module_type, root_type, registered=False)
    # Neither: then it hangs on something that belongs to no module.  The nearest caller that has a path says where.
    held_by = _holder(module, modules)
    near = next((path for other in modules[1:] if (path := path_of(root, other)) is not None), "")
    return Attribution(near, module_type, root_type, registered=False, held_by=held_by)


def path_of(root: nn.Module, module: nn.Module) -> str | None:
    """The path of ``module`` below ``root`` as the user writes it, or None if it is not registered there."""
    known = _paths.get(id(root))
    if known is None or known[0]() is not root or id(module) not in known[1]:
        paths = {id(part): user_path(root, path) for path, part in nn.Module.named_modules(root)}
        key = id(root)
        known = _paths[key] = (weakref.ref(root, lambda _: _paths.pop(key, None)), paths)
    return known[1].get(id(module))


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
    forward = getattr(klass, "forward", None)
    by_name = getattr(forward, "__kwdefaults__", None) or {}
    return (*(getattr(forward, "__defaults__", None) or ()), *by_name.values())


def _is_new(module: nn.Module) -> bool:
    """Whether only the call itself holds ``module``: nothing but frames and the module's own parts refer to it."""
    referrers = gc.get_referrers(module)
    cells = sum(isinstance(referrer, types.CellType) for referrer in referrers)
    if cells > 1:  # `_call_impl` has one; so would a function of this file where `module` stands in a comprehension
        return False
    for referrer in referrers:  # noqa: SIM110  # for the same reason
        if not _is_of_call(referrer, module):
            return False
    return True


def _is_of_call(referrer: object, module: nn.Module) -> bool:
    if isinstance(referrer, dict):  # the locals of a frame, which `f_locals` made
        return referrer.get("self") is module and "args" in referrer
    return isinstance(referrer, (types.FrameType, types.MethodType, types.CellType, tuple, list))
